#include "outgoing_connection.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <system_error>
#include <utility>

#include "scan.h"

namespace grove::http {
namespace {

constexpr std::size_t kBlock = 16384;     // a TLS record's
constexpr std::size_t kLeastRoom = 2048;  // less is not worth a system call

}  // namespace

// Whoever reads bounds what is held: heads by ClientOptions::head_bytes, bodies by pieces.
std::span<char> OutgoingConnection::room() {
    const std::size_t held = end_ - begin_;
    if (size_ - end_ < kLeastRoom && size_ - held >= kLeastRoom) {
        if (held != 0) std::memmove(bytes_.get(), bytes_.get() + begin_, held);
        begin_ = 0;
        end_ = held;
    } else if (size_ - end_ < kLeastRoom) {
        const std::size_t size = std::max(kBlock, 2 * size_);
        auto larger = std::make_unique<char[]>(size + kScanPadding);
        if (held != 0) std::memcpy(larger.get(), bytes_.get() + begin_, held);
        bytes_ = std::move(larger);
        size_ = size;
        begin_ = 0;
        end_ = held;
    }
    return {bytes_.get() + end_, size_ - end_};
}

bool OutgoingConnection::receive(Timespan timeout) {
    const std::size_t got = stream_.recv(room(), timeout);
    end_ += got;
    return got != 0;
}

OutgoingConnection::Look OutgoingConnection::try_receive() {
    const std::optional<std::size_t> got = stream_.try_recv(room());
    if (!got) return Look::kNothing;
    end_ += *got;
    return *got != 0 ? Look::kBytes : Look::kEnd;
}

bool OutgoingConnection::is_quiet() noexcept {
    try {
        return begin_ == end_ && try_receive() == Look::kNothing;
    } catch (const std::exception&) {  // broken: a new one is made
        return false;
    }
}

}  // namespace grove::http
