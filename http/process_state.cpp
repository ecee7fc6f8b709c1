#include "process_state.h"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

#include <grove/core/file_descriptor.h>

namespace grove::http {
namespace {

// What follows "\nname:" and white space; "": there is no such line.
std::string_view value_of(std::string_view status, const std::string& name) {
    const std::size_t at = status.find('\n' + name + ":\t");
    return at == status.npos ? std::string_view{} : status.substr(at + name.size() + 3);
}

}  // namespace

// The kernel's own text: reading it waits for nothing.
bool stands_still(pid_t pid) {
    const std::string path = "/proc/" + std::to_string(pid) + "/status";
    const FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    std::array<char, 2048> text;
    const ssize_t got = file ? ::read(file.get(), text.data(), text.size()) : 0;
    const std::string_view status{text.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
    const std::string_view state = value_of(status, "State");
    const std::string_view tracer = value_of(status, "TracerPid");
    return state.starts_with('T') || state.starts_with('t') ||
           (!tracer.empty() && !tracer.starts_with("0\n"));
}

}  // namespace grove::http
