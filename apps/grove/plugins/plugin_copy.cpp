#include "plugin_copy.h"

#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace grove::http {
namespace {

namespace fs = std::filesystem;

std::string reason(int error) { return std::generic_category().message(error); }

FileDescriptor memory_file(const std::string& name) {
#if !defined(MFD_EXEC)
    constexpr unsigned MFD_EXEC = 0x10U;  // Linux 6.3; older kernels answer EINVAL
#endif
    constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    FileDescriptor fd{::memfd_create(name.c_str(), kFlags | MFD_EXEC)};
    if (!fd && errno == EINVAL) fd.reset(::memfd_create(name.c_str(), kFlags));
    return fd;
}

// Its name is gone before anything is in it; so is the folder, which nobody else may enter meanwhile. Workers open it
// once more by its descriptor, and they may be another user's.
FileDescriptor nameless_file(const fs::path& folder, const std::string& name) {
    std::string own = (folder / "grove-XXXXXX").string();
    if (::mkdtemp(own.data()) == nullptr) return {};
    const std::string path = own + "/" + name;
    FileDescriptor fd{::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR)};
    const int error = errno;
    if (fd) ::fchmod(fd.get(), S_IRUSR | S_IRGRP | S_IROTH);
    ::unlink(path.c_str());
    ::rmdir(own.c_str());
    errno = error;
    return fd;
}

// 0, or what the system says.
int fill(const FileDescriptor& fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd.get(), bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return errno;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return 0;
}

// Only trying tells whether a mount or a security module allows code in the file.
int map_as_code(const FileDescriptor& fd) {
    void* const page = ::mmap(nullptr, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd.get(), 0);
    if (page == MAP_FAILED) return errno;
    ::munmap(page, 1);
    return 0;
}

// "": it has the bytes, and may be code.
std::string fault_of(const FileDescriptor& fd, std::string_view bytes) {
    if (!fd) return reason(errno);
    if (const int error = fill(fd, bytes)) return reason(error);
    if (const int error = map_as_code(fd)) {
        return error == EPERM || error == EACCES ? "code may not be loaded from there (noexec)"
                                                 : reason(error);
    }
    return "";
}

// Every worker has the file, and anything may run in a worker: no worker shall load what another
// worker has made of it.
FileDescriptor read_only(FileDescriptor fd) {
    if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK) == 0) return fd;
    const std::string name = "/proc/self/fd/" + std::to_string(fd.get());  // no memory: no seals
    FileDescriptor other{::open(name.c_str(), O_RDONLY | O_CLOEXEC)};
    return other ? std::move(other) : std::move(fd);
}

}  // namespace

std::vector<fs::path> copy_folders() {
    std::vector<fs::path> folders;
    for (const char* const variable : {"XDG_RUNTIME_DIR", "TMPDIR"}) {
        const char* const folder = std::getenv(variable);
        if (folder != nullptr && *folder != '\0') folders.emplace_back(folder);
    }
    folders.emplace_back("/tmp");
    return folders;
}

FileDescriptor copy_of_code(const std::string& name, std::string_view bytes,
                            const std::vector<fs::path>& folders) {
    FileDescriptor copy = memory_file(name);
    const char* const hint = !copy && errno == EACCES ? " (sysctl vm.memfd_noexec?)" : "";
    std::string fault = fault_of(copy, bytes);
    if (fault.empty()) return read_only(std::move(copy));
    std::string tried = "memory: " + fault + hint;
    for (const fs::path& folder : folders) {
        copy = nameless_file(folder, name);
        fault = fault_of(copy, bytes);
        if (fault.empty()) return read_only(std::move(copy));
        tried += "; " + folder.string() + ": " + fault;
    }
    throw std::runtime_error{tried};
}

// Not /proc/self: in a debugger that is the debugger. What /proc calls this process need not be getpid(): it may
// be mounted for another namespace.
std::string name_for_all(const FileDescriptor& fd) {
    std::error_code ignored;
    const fs::path self = fs::read_symlink("/proc/self", ignored);
    return "/proc/" + (self.empty() ? "self" : self.string()) + "/fd/" + std::to_string(fd.get());
}

}  // namespace grove::http
