// replay TARGET FOLDER... - feeds each file of the folders to the target.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "fuzz.h"

namespace grove::fuzz {
namespace {

std::map<std::string_view, Target>& targets() {
    static std::map<std::string_view, Target> all;
    return all;
}

std::size_t replay(Target target, const char* folder) {
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator{folder}) {
        std::ifstream file{entry.path(), std::ios::binary};
        const std::string bytes{std::istreambuf_iterator<char>{file}, {}};
        std::fprintf(stderr, "%s\n", entry.path().c_str());
        target(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
        ++files;
    }
    return files;
}

}  // namespace

Registered::Registered(std::string_view name, Target target) { targets().emplace(name, target); }

}  // namespace grove::fuzz

int main(int count, char** arguments) {
    const auto found = grove::fuzz::targets().find(count > 1 ? arguments[1] : "");
    if (found == grove::fuzz::targets().end()) {
        std::fprintf(stderr, "usage: %s TARGET FOLDER..., where TARGET is one of:\n", arguments[0]);
        for (const auto& [name, target] : grove::fuzz::targets())
            std::fprintf(stderr, "  %s\n", std::string{name}.c_str());
        return 2;
    }
    std::size_t files = 0;
    for (int i = 2; i < count; ++i) files += grove::fuzz::replay(found->second, arguments[i]);
    std::printf("%zu inputs without a finding\n", files);
    return files == 0 ? 1 : 0;
}
