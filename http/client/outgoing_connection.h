// outgoing_connection.h - a connection to a server, and the bytes that came over it and were not consumed yet.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include <grove/core/duration.h>
#include <grove/core/stream.h>

namespace grove::http {

/// Thread: its hub's. Closed when destroyed, which never switches.
class OutgoingConnection {
public:
    explicit OutgoingConnection(Stream stream) noexcept : stream_{std::move(stream)} {}

    [[nodiscard]] Stream& stream() noexcept { return stream_; }
    /// kScanPadding bytes behind it can be read. Valid until the next call.
    [[nodiscard]] std::string_view input() const noexcept {
        return {bytes_.get() + begin_, end_ - begin_};
    }
    void consume(std::size_t bytes) noexcept { begin_ += bytes; }

    /// Adds to input(); blocks until something is there. @return false: the peer has finished
    /// @throws as Stream::recv()
    bool receive(Timespan timeout);
    enum class Look { kNothing, kBytes, kEnd };
    /// The same without blocking. @throws as Stream::try_recv()
    Look try_receive();
    /// Nothing has come that nobody asked for, no end and no error either.
    [[nodiscard]] bool is_quiet() noexcept;

private:
    std::span<char> room();

    Stream stream_;
    std::unique_ptr<char[]> bytes_{};
    std::size_t size_ = 0;  // without the padding
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace grove::http
