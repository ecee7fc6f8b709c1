#include "pid_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

using grove::FileDescriptor;

namespace fs = std::filesystem;

namespace {

constexpr int kMostTries = 10;    // to lock a file that others remove meanwhile
constexpr int kMostWaiting = 16;  // clients, in the kernel's queue
constexpr mode_t kMode = 0600;
constexpr std::size_t kBytes = 8;  // of the digest: 16 digits
constexpr std::string_view kEnd = ".pid";

[[noreturn]] void fail(const std::string& path, const std::string& why) {
    throw std::runtime_error{"pid_file: \"" + path + "\" " + why};
}

[[noreturn]] void fail(const std::string& path) {
    fail(path, "cannot be made: " + std::generic_category().message(errno));
}

struct flock whole_file(short type) {
    struct flock lock {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    return lock;
}

bool is_the_file_at(int fd, const std::string& path) {
    struct stat open {};
    struct stat there {};
    return ::fstat(fd, &open) == 0 && ::lstat(path.c_str(), &there) == 0 &&
           open.st_ino == there.st_ino && open.st_dev == there.st_dev;
}

// What a master has left, or nothing. Else it is somebody's, such as a configuration that a flag has named, and would be
// lost.
bool may_be_replaced(int fd) {
    std::array<char, 32> text{};
    const ssize_t size = ::pread(fd, text.data(), text.size(), 0);
    return size >= 0 && std::all_of(text.data(), text.data() + size,
                                    [](char c) { return (c >= '0' && c <= '9') || c == '\n'; });
}

// A process's own, which children do not inherit: they outlive a master that was killed. Who can open the file can lock
// it, even if only to read, and would keep the next master out: nobody else may.
FileDescriptor locked(const std::string& path) {
    for (int tries = 0; tries < kMostTries; ++tries) {
        FileDescriptor file{
            ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
                   kMode)};
        struct stat found {};
        if (!file || ::fstat(file.get(), &found) != 0) fail(path);
        if (!S_ISREG(found.st_mode)) fail(path, "is not a regular file");
        struct flock lock = whole_file(F_WRLCK);
        if (::fcntl(file.get(), F_SETLK, &lock) != 0) {
            if (errno != EACCES && errno != EAGAIN) fail(path);
            const auto holder = holder_of_pid_file(path);
            fail(path, "is held by " +
                           (holder ? "process " + std::to_string(*holder) : "another process"));
        }
        if (!may_be_replaced(file.get())) fail(path, "holds something other than a pid");
        if (!is_the_file_at(file.get(), path)) continue;
        // One that was left may have another mode. It stays as it is if it has another owner.
        (void)::fchmod(file.get(), kMode);
        return file;
    }
    fail(path, "is removed again and again");
}

// A listener of the configuration may have that path, or another program. What a dead one left refuses.
bool somebody_listens(const sockaddr_un& address) {
    const FileDescriptor probe{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
               0 ||
           errno != ECONNREFUSED;
}

// Who holds the lock may remove what an earlier master has left.
FileDescriptor listening(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        fail(path, "is too long for a unix socket, must have at most " +
                       std::to_string(sizeof address.sun_path - 1) + " bytes");
    }
    std::copy(path.begin(), path.end(), address.sun_path);
    struct stat there {};
    if (::lstat(path.c_str(), &there) == 0) {
        if (!S_ISSOCK(there.st_mode) || somebody_listens(address))
            fail(path, "is already used, and the control socket cannot be made there");
        ::unlink(path.c_str());
    }
    FileDescriptor socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!socket) fail(path);
    const mode_t before = ::umask(0177);
    const bool bound =
        ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::umask(before);
    if (!bound || ::listen(socket.get(), kMostWaiting) != 0) fail(path);
    return socket;
}

std::string digest_of(const std::string& text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    if (::EVP_Digest(text.data(), text.size(), digest.data(), nullptr, ::EVP_sha256(), nullptr) !=
        1)
        throw std::runtime_error{"OpenSSL has no SHA-256"};
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string digits;
    for (std::size_t i = 0; i < kBytes; ++i) {
        digits += kDigits[digest[i] >> 4U];
        digits += kDigits[digest[i] & 0xFU];
    }
    return digits;
}

std::string folder_of(const std::string& file) { return fs::path{file}.parent_path().string(); }

}  // namespace

PidFile::PidFile(std::string path) : lock_{locked(path)} {
    const std::string text = std::to_string(::getpid()) + "\n";
    if (::ftruncate(lock_.get(), 0) != 0 ||
        ::pwrite(lock_.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
        fail(path);
    try {
        control_ = listening(control_socket_of(path));
    } catch (...) {
        ::unlink(path.c_str());
        throw;
    }
    path_ = std::move(path);
}

PidFile::~PidFile() {
    if (path_.empty()) return;
    ::unlink(control_socket_of(path_).c_str());
    ::unlink(path_.c_str());
}

void PidFile::leave() noexcept {
    path_.clear();
    lock_.reset();
    control_.reset();
}

std::optional<pid_t> holder_of_pid_file(const std::string& path) {
    const FileDescriptor file{
        ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)};
    if (!file) return std::nullopt;
    std::array<char, 32> text{};
    const ssize_t size = ::pread(file.get(), text.data(), text.size(), 0);
    pid_t written = 0;
    if (size > 0) std::from_chars(text.data(), text.data() + size, written);
    struct flock lock = whole_file(F_WRLCK);
    // The kernel knows who has it; the file is asked, too, for one that is locked but not written yet.
    if (::fcntl(file.get(), F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK || lock.l_pid <= 0 ||
        lock.l_pid != written)
        return std::nullopt;
    return lock.l_pid;
}

std::string control_socket_of(const std::string& pid_file) {
    const bool plain = pid_file.ends_with(kEnd);
    return pid_file.substr(0, pid_file.size() - (plain ? kEnd.size() : 0)) + ".sock";
}

std::vector<std::string> usual_pid_files(const fs::path& config) {
    std::error_code error;
    const fs::path real = fs::canonical(config, error);
    if (config.empty() || error) return {};
    const std::string name = "/grove-" + digest_of(real.string()) + std::string{kEnd};
    std::vector<std::string> files;
    const char* const own = std::getenv("XDG_RUNTIME_DIR");
    if (own != nullptr && *own == '/') files.push_back(own + name);
    files.push_back("/run/grove" + name);
    return files;
}

bool can_be_made(const std::string& pid_file) {
    return ::faccessat(AT_FDCWD, folder_of(pid_file).c_str(), W_OK | X_OK, AT_EACCESS) == 0;
}

std::string why_none_can_be_made(const std::vector<std::string>& pid_files) {
    std::string why;
    for (const std::string& file : pid_files) {
        if (can_be_made(file)) return "";
        const std::string reason = std::generic_category().message(errno);
        why += (why.empty() ? "\"" : ", \"") + folder_of(file) + "\" cannot be written: " + reason;
    }
    return why.empty() ? "" : why + "; \"pid_file\" or --pid-file may name another place";
}
