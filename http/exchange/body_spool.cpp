#include "body_spool.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace grove::http {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kMostOfABody = std::size_t{1} << 30U;

[[noreturn]] void fail(const char* what) {
    throw std::system_error{errno, std::generic_category(), what};
}

int make_nameless(const std::string& folder) {
    std::string name = folder + "/grove.XXXXXX";
    const int file = ::mkostemp(name.data(), O_CLOEXEC);
    if (file >= 0) ::unlink(name.c_str());
    return file;
}

FileDescriptor open_file() {
    const char* const wished = ::secure_getenv("TMPDIR");
    for (const char* folder : {wished, "/var/tmp", "/tmp"}) {
        if (folder == nullptr) continue;
        const int file = make_nameless(folder);
        if (file >= 0) return FileDescriptor{file};
    }
    fail("no file for bodies that wait can be made in TMPDIR, /var/tmp or /tmp");
}

}  // namespace

BodySpool::BodySpool(std::size_t most) noexcept
    : stride_{(std::min(most, kMostOfABody) + kPage - 1) / kPage * kPage} {}

BodySpool::Place BodySpool::take() {
    if (!file_) file_ = open_file();
    if (!free_.empty()) {
        const std::uint32_t index = free_.back();
        free_.pop_back();
        return {*this, index};
    }
    free_.reserve(places_ + std::size_t{1});  // giving back needs no memory
    return {*this, places_++};
}

// The next body has the room, and when there is none the disk. A hole, for each, would have to be waited for: some
// file systems write what is there before they forget it.
void BodySpool::give_back(const Place& place) noexcept {
    free_.push_back(place.index_);
    if (free_.size() < places_) return;
    free_.clear();
    places_ = 0;
    while (::ftruncate(file_.get(), 0) != 0 && errno == EINTR) {
    }
}

BodySpool::Place::~Place() {
    if (spool_ != nullptr) spool_->give_back(*this);
}

off_t BodySpool::Place::offset() const noexcept {
    return static_cast<off_t>(index_ * spool_->stride_);
}

void BodySpool::Place::append(std::string_view bytes) {
    if (bytes.size() > spool_->stride_ - bytes_) {
        errno = EFBIG;
        fail("bytes of a body that waits do not fit");
    }
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t written =
            ::pwrite(spool_->file_.get(), bytes.data() + done, bytes.size() - done,
                     offset() + static_cast<off_t>(bytes_ + done));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail("bytes of a body that waits cannot be written to a file");
        done += static_cast<std::size_t>(written);
    }
    bytes_ += bytes.size();
}

void BodySpool::Place::read(std::span<char> all) const {
    for (std::size_t done = 0; done < all.size();) {
        const ssize_t got = ::pread(spool_->file_.get(), all.data() + done, all.size() - done,
                                    offset() + static_cast<off_t>(done));
        if (got < 0 && errno == EINTR) continue;
        if (got == 0) errno = EIO;  // it is shorter than it was
        if (got <= 0) fail("a body that waited in a file cannot be read");
        done += static_cast<std::size_t>(got);
    }
}

}  // namespace grove::http
