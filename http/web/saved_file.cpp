#include "saved_file.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include "hexadecimal.h"

namespace grove::web {
namespace {

constexpr int kTries = 16;
constexpr mode_t kMode = 0666;  // less the process's umask

std::string random_digits() {
    std::array<unsigned char, 8> bytes{};
    if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
        throw std::system_error{errno, std::generic_category(), "getrandom"};
    std::string digits;
    for (const unsigned char byte : bytes) append_digits(digits, byte);
    return digits;
}

}  // namespace

SavedFile::SavedFile(std::string path) : path_{std::move(path)} {
    if (path_.find('\0') != std::string::npos) {  // the system would take what is before it
        errno = EINVAL;
        fail("open");
    }
    // Not made of the name, which may be as long as a name can be; hidden from who lists the folder.
    const std::string folder = path_.substr(0, path_.rfind('/') + 1);  // none: npos + 1 is 0
    for (int tried = 0; tried < kTries; ++tried) {
        beside_ = folder + '.' + random_digits() + ".part";
        descriptor_.reset(
            ::open(beside_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kMode));
        if (descriptor_ || errno != EEXIST) break;
    }
    if (!descriptor_) fail("open");
}

SavedFile::~SavedFile() {
    if (!beside_.empty()) ::unlink(beside_.c_str());
}

void SavedFile::fail(const char* call) const {
    throw std::system_error{errno, std::generic_category(), std::string{call} + ' ' + path_};
}

void SavedFile::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor_.get(), bytes.data(), bytes.size());
        if (written < 0 && errno != EINTR) fail("write");
        if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

void SavedFile::keep() {
    if (::close(descriptor_.release()) != 0) fail("close");  // where some disks tell of a write
    if (std::rename(beside_.c_str(), path_.c_str()) != 0) fail("rename");
    beside_.clear();
}

}  // namespace grove::web
