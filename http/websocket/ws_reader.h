// ws_reader.h - bytes of a WebSocket to messages, pings and closes (RFC 6455 section 5). No I/O.
//
// The same bytes mean the same, however they are cut. What it keeps is bounded by ReaderLimits.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "utf8.h"
#include "ws_frame.h"

namespace grove::http {

struct ReaderLimits {
    std::size_t message_bytes = std::size_t{1} << 20;  // of all its frames; beyond: 1009
    std::uint32_t frames = 1024;                       // of one message; beyond: 1008

    /// The same of a message that is compressed: deflate makes longer what it cannot make shorter, by less than this.
    [[nodiscard]] std::size_t coded_bytes() const noexcept {
        constexpr std::size_t kMost = std::numeric_limits<std::size_t>::max();
        return message_bytes + std::min(message_bytes / 8 + 64, kMost - message_bytes);
    }
    bool operator==(const ReaderLimits&) const = default;
};

class WsReader {
public:
    enum class Event : std::uint8_t {
        kNone,     // all bytes are read, and more are needed
        kMessage,  // take_message()
        kPing,     // payload()
        kPong,     // payload()
        kClose,    // the peer closes, with close_code() and payload(). Nothing after it is read.
        kFailed,   // the peer broke the protocol: close_code(), why(). Nothing after it is read.
    };

    /// @param from  who sends what is read: frames of a client must be masked, those of a server must not
    /// @param compressed  RSV1 may say that a message is compressed (RFC 7692)
    explicit WsReader(ReaderLimits limits, Sender from = Sender::kClient, bool compressed = false)
        : limits_{limits}, from_{from}, may_compress_{compressed} {}

    /// Reads up to the next event, and takes what it has read from `bytes`. @throws std::bad_alloc
    Event next(std::string_view& bytes);

    /// Of the kMessage that came last. Text is UTF-8, unless it is compressed.
    [[nodiscard]] std::string take_message() noexcept { return std::exchange(message_, {}); }
    [[nodiscard]] bool binary() const noexcept { return kind_ == Opcode::kBinary; }
    [[nodiscard]] bool compressed() const noexcept { return compressed_; }
    /// Of the last ping or pong; of a Close, its reason. Until next().
    [[nodiscard]] std::string_view payload() const noexcept { return control_; }
    /// Of kClose, 1005 if it had none; of kFailed, what the peer is to be told.
    [[nodiscard]] std::uint16_t close_code() const noexcept { return close_code_; }
    /// Of kFailed: static text of one line.
    [[nodiscard]] const char* why() const noexcept { return why_; }
    /// Nothing of a frame, or of a message, has come yet.
    [[nodiscard]] bool idle() const noexcept {
        return step_ == Step::kHeader && header_size_ == 0 && !in_message_;
    }
    /// Bytes of a message that has not ended.
    [[nodiscard]] std::size_t buffered() const noexcept { return message_.size(); }

private:
    enum class Step : std::uint8_t { kHeader, kPayload, kFailing, kOver };

    [[nodiscard]] bool read_header(std::string_view& bytes);
    [[nodiscard]] bool begin_frame() noexcept;
    [[nodiscard]] bool begin_control() noexcept;
    [[nodiscard]] bool begin_data(bool rsv1) noexcept;
    [[nodiscard]] bool read_length() noexcept;
    [[nodiscard]] bool read_payload(std::string_view& bytes);
    Event end_frame();
    Event end_close();
    bool fail(std::uint16_t code, const char* why) noexcept;
    [[nodiscard]] bool is_control() const noexcept { return opcode_ >= Opcode::kClose; }

    const ReaderLimits limits_;
    const Sender from_;
    const bool may_compress_;
    Step step_ = Step::kHeader;
    Opcode opcode_{};                           // of the frame
    Opcode kind_ = Opcode::kText;               // of the message
    bool final_ = false;                        // the frame is
    bool in_message_ = false;                   // begun, and not ended
    bool compressed_ = false;                   // the message is
    std::uint8_t header_size_ = 0;              // bytes of it that are there
    std::array<char, kMaxFrameHeader> header_;  // of the frame
    Utf8Check text_;
    std::uint16_t close_code_ = 0;
    std::uint32_t frames_ = 0;  // of the message
    Mask mask_{};
    std::uint64_t length_ = 0;  // of the payload
    std::uint64_t read_ = 0;    // of it
    const char* why_ = "";
    std::string message_;
    std::string control_;
};

}  // namespace grove::http
