#include "auto_workers.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <thread>
#include <vector>

#include <sched.h>

#include "cpu_quota.h"

namespace {

// Eight times what Linux can be built for. A cpu_set_t ends at 1,024.
constexpr std::size_t kMostProcessors = 65'536;

std::string with_two_places(double number) {
    std::array<char, 32> text{};
    const int size = std::snprintf(text.data(), text.size(), "%.2f", number);
    return {text.data(), static_cast<std::size_t>(size)};
}

}  // namespace

std::size_t allowed_processors() {
    std::vector<cpu_set_t> set(kMostProcessors / CPU_SETSIZE);
    const std::size_t bytes = set.size() * sizeof(cpu_set_t);
    if (::sched_getaffinity(0, bytes, set.data()) != 0)
        return std::max(1U, std::thread::hardware_concurrency());
    return static_cast<std::size_t>(std::max(1, CPU_COUNT_S(bytes, set.data())));
}

AutoWorkers auto_workers(const std::filesystem::path& root, std::size_t processors) {
    const std::string allowed = std::to_string(processors) + " processors";
    const std::optional<CpuQuota> quota = cpu_quota(root);
    if (!quota) return {processors, "grove may run on " + allowed + ", and no cgroup has a quota"};
    const std::string share = with_two_places(quota->processors());
    const auto whole = static_cast<std::size_t>(quota->whole_processors());
    if (whole >= processors)
        return {processors, "grove may run on " + allowed + ", and the cgroup's quota is " + share};
    return {whole, "the cgroup's quota is " + share + ", and grove may run on " + allowed};
}
