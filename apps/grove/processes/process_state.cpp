#include "process_state.h"

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

// The kernel's own text: reading it waits for nothing.
std::string status_of(pid_t pid) {
    const std::string path = "/proc/" + std::to_string(pid) + "/status";
    const FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    std::string text(4096, '\0');
    const ssize_t got = file ? ::read(file.get(), text.data(), text.size()) : 0;
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
}

}  // namespace

bool stands_still(pid_t pid) {
    const std::string status = status_of(pid);
    const std::string_view state = value_of(status, "State");
    const std::string_view tracer = value_of(status, "TracerPid");
    return state.starts_with('T') || state.starts_with('t') ||
           (!tracer.empty() && !tracer.starts_with("0\n")) || dumps_core(status);
}

bool dumps_core(pid_t pid) { return dumps_core(status_of(pid)); }

bool dumps_core(std::string_view status) {
    return value_of(status, "CoreDumping").starts_with("1\n");
}

}  // namespace grove::http
