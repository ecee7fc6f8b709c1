// connect_race.h - connecting to whichever of a host's addresses answers first (RFC 8305, section 5).
//
// All attempts belong to one greenlet, which waits for them by an epoll descriptor of its own: a kill leaves nothing.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <grove/core/address.h>
#include <grove/core/duration.h>
#include <grove/core/file_descriptor.h>
#include <grove/core/stream.h>

namespace grove {

/// The same addresses, those of both families by turns; the family of the first one begins (RFC 8305, section 4).
[[nodiscard]] std::vector<Address> by_turns(const std::vector<Address>& addresses);

/// Used once. Thread: its hub's.
class ConnectRace {
public:
    static constexpr std::chrono::milliseconds kAttemptDelay{250};

    /// @param host for messages
    ConnectRace(std::string host, std::vector<Address> addresses);

    /// Begins an attempt each time that the last one has failed, or has not ended after kAttemptDelay.
    /// @throws SocketTimeout, std::system_error: both name each address, and why it was not it
    Stream run(const Deadline& deadline);

private:
    struct Attempt {
        FileDescriptor fd{};
        int error = 0;  // EINPROGRESS: it is under way
    };

    void begin();
    void fail(std::size_t index, int error);
    [[nodiscard]] Attempt* look();
    [[nodiscard]] std::string told(std::size_t last) const;
    [[noreturn]] void give_up() const;

    std::string host_;
    std::vector<Address> addresses_;
    std::vector<Attempt> attempts_;  // of the first addresses
    FileDescriptor epoll_;
    std::size_t under_way_ = 0;
    std::size_t last_failed_ = 0;
};

}  // namespace grove
