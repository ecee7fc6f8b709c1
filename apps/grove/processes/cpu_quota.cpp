#include "cpu_quota.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace fs = std::filesystem;

namespace {

using Quota = std::optional<CpuQuota>;

constexpr std::int64_t kUsualPeriod = 100'000;

std::string first_line(const fs::path& file) {
    std::ifstream stream{file};
    std::string line;
    std::getline(stream, line);
    return line;
}

// -1: it is none
std::int64_t microseconds_in(std::string_view text) {
    std::int64_t number = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() ? number : -1;
}

Quota quota_of(std::int64_t time, std::int64_t period) {
    if (time <= 0 || period <= 0) return std::nullopt;
    return CpuQuota{.time = time, .period = period};
}

// "max 100000", "150000 100000"; the period may be left out.
Quota of_version_2(const fs::path& group) {
    std::istringstream line{first_line(group / "cpu.max")};
    std::string time;
    std::string period = std::to_string(kUsualPeriod);
    line >> time >> period;
    return quota_of(microseconds_in(time), microseconds_in(period));
}

Quota of_version_1(const fs::path& group) {
    return quota_of(microseconds_in(first_line(group / "cpu.cfs_quota_us")),
                    microseconds_in(first_line(group / "cpu.cfs_period_us")));
}

bool has_word(std::string_view list, std::string_view word) {
    for (std::size_t begin = 0; begin <= list.size();) {
        const std::size_t end = std::min(list.find(',', begin), list.size());
        if (list.substr(begin, end - begin) == word) return true;
        begin = end + 1;
    }
    return false;
}

// Where groups are to be seen: the one named `top` is the folder `point`.
struct Mount {
    std::string top;
    std::string point;
};

/// One of the two versions of control groups, as this process meets it.
struct Version {
    std::string_view filesystem;
    std::string_view controller;  ///< "": all are in one hierarchy
    Quota (*read)(const fs::path& group);
    std::vector<std::string> usual_points;
};

const std::vector<Version>& versions() {
    static const std::vector<Version> both{
        {"cgroup2", "", &of_version_2, {"/sys/fs/cgroup"}},
        {"cgroup", "cpu", &of_version_1, {"/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"}}};
    return both;
}

// "4:cpu,cpuacct:/a/b", "0::/a/b". nullopt: the process is in none
std::optional<std::string> group_of_process(const fs::path& root, const Version& version) {
    std::ifstream file{root / "proc/self/cgroup"};
    for (std::string line; std::getline(file, line);) {
        const std::size_t first = line.find(':');
        const std::size_t second = line.find(':', first + 1);
        if (first == line.npos || second == line.npos) continue;
        const std::string_view controllers =
            std::string_view{line}.substr(first + 1, second - first - 1);
        const bool is_it = version.controller.empty() ? controllers.empty()
                                                      : has_word(controllers, version.controller);
        if (is_it && line.compare(second + 1, 1, "/") == 0) return line.substr(second + 1);
    }
    return std::nullopt;
}

// mountinfo writes white space and backslashes as \040 and the like.
std::string unescaped(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned char byte = 0;
        const char* const digits = text.data() + i + 1;
        if (text[i] == '\\' && i + 3 < text.size() &&
            std::from_chars(digits, digits + 3, byte, 8).ptr == digits + 3) {
            plain += static_cast<char>(byte);
            i += 3;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

// "31 30 0:28 / /sys/fs/cgroup/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu", see proc(5).
std::vector<Mount> mounts_of(const fs::path& root, const Version& version) {
    std::vector<Mount> mounts;
    std::ifstream file{root / "proc/self/mountinfo"};
    for (std::string line; std::getline(file, line);) {
        const std::size_t middle = line.find(" - ");
        if (middle == line.npos) continue;
        std::istringstream before{line.substr(0, middle)};
        std::istringstream after{line.substr(middle + 3)};
        std::string skipped;
        std::string top;
        std::string point;
        std::string filesystem;
        std::string options;
        before >> skipped >> skipped >> skipped >> top >> point;
        after >> filesystem >> skipped >> options;
        if (point.empty() || filesystem != version.filesystem) continue;
        if (!version.controller.empty() && !has_word(options, version.controller)) continue;
        mounts.push_back({unescaped(top), unescaped(point)});
    }
    if (!mounts.empty()) return mounts;
    for (const std::string& point : version.usual_points) mounts.push_back({"/", point});
    return mounts;
}

// The group's path from the mount's folder on; nullopt: it is not to be seen there.
std::optional<fs::path> below(const Mount& mount, const std::string& group) {
    const fs::path way = fs::path{group}.lexically_relative(mount.top);
    const bool leads_out = way.empty() || *way.begin() == "..";
    return leads_out ? std::nullopt : std::optional{way};
}

void take_smaller(Quota& least, const Quota& other) {
    if (other && (!least || other->processors() < least->processors())) least = other;
}

// Of the group and of those it is in: the narrowest binds.
Quota least_on_the_way(const fs::path& point, const fs::path& way, const Version& version) {
    fs::path folder = point;
    Quota least = version.read(folder);
    for (const fs::path& step : way) {
        folder /= step;
        take_smaller(least, version.read(folder));
    }
    return least;
}

Quota least_of(const fs::path& root, const Version& version) {
    const std::optional<std::string> group = group_of_process(root, version);
    if (!group) return std::nullopt;
    Quota least;
    const std::vector<Mount> mounts = mounts_of(root, version);
    bool seen = false;
    for (const Mount& mount : mounts) {
        const auto way = below(mount, *group);
        if (!way) continue;
        seen = true;
        take_smaller(least, least_on_the_way(root / mount.point.substr(1), *way, version));
    }
    // In a container the name may be one of outside: then its own group is what is mounted.
    return seen ? least : version.read(root / mounts.front().point.substr(1));
}

}  // namespace

Quota cpu_quota(const fs::path& root) {
    Quota least;
    for (const Version& version : versions()) take_smaller(least, least_of(root, version));
    return least;
}
