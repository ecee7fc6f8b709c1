#include "stack_names.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <sys/stat.h>

#include <grove/core/run_info.h>

#include "code_map.h"
#include "hexadecimal.h"
#include "log_text.h"

namespace grove::http {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kGone = " (deleted)";
// Who calls applications: what comes then is the same for all.
constexpr std::array<std::string_view, 3> kServer{
    "grove::http::Plugin::create(", "grove::http::WsgiHandler::", "grove::http::AnswerRest::"};

// One that is open under this name, as it has no other; "": there is none.
std::string among_the_open(const StackNote::File& file) {
    std::error_code failed;
    for (const fs::directory_entry& entry : fs::directory_iterator{"/proc/self/fd", failed}) {
        struct stat status {};
        const std::string target = fs::read_symlink(entry, failed).string();
        if (target.starts_with(file.text()) && ::stat(entry.path().c_str(), &status) == 0 &&
            status.st_ino == file.inode)
            return entry.path();
    }
    return {};
}

std::string path_of(const StackNote::File& file) {
    const std::string_view name = file.text();
    if (name.starts_with('[')) return {};
    return name.ends_with(kGone) ? among_the_open(file) : std::string{name};
}

std::string base_name(std::string_view name) {
    if (name.ends_with(kGone)) name.remove_suffix(kGone.size());
    return std::string{name.substr(name.find_last_of("/:") + 1)};
}

std::string without_offset(const std::string& name) { return name.substr(0, name.rfind('+')); }

bool is_the_server(std::string_view name) {
    return std::any_of(kServer.begin(), kServer.end(),
                       [name](std::string_view begin) { return name.starts_with(begin); });
}

// How std::function calls, where that is not optimised away: four long names for nothing.
bool is_plumbing(std::string_view name) {
    return name.find("std::__invoke") != name.npos || name.starts_with("std::_Function_handler<") ||
           name.starts_with("std::enable_if<is_invocable") ||
           (name.starts_with("std::function<") && name.find(">::operator()(") != name.npos);
}

class Namer {
public:
    /// @param reads  the files; else all it has of code are places
    Namer(const StackNote& stack, bool reads) : stack_{stack} {
        for (std::size_t i = 0; i < std::min<std::size_t>(stack.file_count, stack.kMostFiles); ++i)
            paths_.push_back(reads ? path_of(stack.files[i]) : "");
    }

    [[nodiscard]] std::size_t count() const {
        return std::min<std::size_t>(stack_.call_count, stack_.kMostCalls);
    }
    [[nodiscard]] std::string name(std::size_t index) const {
        const StackNote::Call& call = stack_.calls[index];
        if (call.file >= paths_.size()) return hexadecimal(call.address);
        const std::string& path = paths_[call.file];
        const std::string name =
            path.empty() ? path : escaped(name_of_code(path, call.offset, index != 0));
        if (name.empty()) {
            return escaped(base_name(stack_.files[call.file].text())) + "+" +
                   hexadecimal(call.offset);
        }
        return name;
    }
    [[nodiscard]] bool of_the_system(std::size_t index) const {
        const std::uint32_t file = stack_.calls[index].file;
        return file < paths_.size() && is_of_the_system(stack_.files[file].text());
    }

private:
    const StackNote& stack_;
    std::vector<std::string> paths_;
};

StackNames names_by(const Namer& namer) {
    StackNames names;
    std::string last;
    std::size_t times = 1;
    const auto end_repetition = [&] {
        if (times > 1) names.text += " (" + std::to_string(times) + " times)";
        times = 1;
    };
    for (std::size_t i = 0; i < namer.count(); ++i) {
        std::string name = namer.name(i);
        if (is_the_server(name)) break;
        if (is_plumbing(name)) continue;
        name = shortened(std::move(name));
        if (names.place.empty() && !namer.of_the_system(i)) names.place = without_offset(name);
        if (name == last) {
            ++times;
            continue;
        }
        end_repetition();
        names.text += (names.text.empty() ? "" : " < ") + name;
        last = std::move(name);
    }
    end_repetition();
    return names;
}

}  // namespace

StackNames names_of(const StackNote& stack) { return names_by(Namer{stack, true}); }
StackNames places_of(const StackNote& stack) { return names_by(Namer{stack, false}); }

}  // namespace grove::http
