#include "ws_reader.h"

#include <algorithm>
#include <cstring>

#include "close_codes.h"

namespace grove::http {
namespace {

unsigned byte_at(const char* bytes, std::size_t at) noexcept {
    return static_cast<unsigned char>(bytes[at]);
}

std::uint64_t number(const char* bytes, std::size_t size) noexcept {
    std::uint64_t value = 0;
    for (std::size_t at = 0; at < size; ++at) value = value << 8U | byte_at(bytes, at);
    return value;
}

std::size_t length_bytes(unsigned length) noexcept {
    return length == kOf64Bits ? 8 : length == kOf16Bits ? 2 : 0;
}

}  // namespace

WsReader::Event WsReader::next(std::string_view& bytes) {
    while (step_ == Step::kHeader || step_ == Step::kPayload) {
        if (step_ == Step::kHeader && !read_header(bytes)) break;
        if (step_ != Step::kPayload || !read_payload(bytes)) break;
        const Event event = end_frame();
        if (event != Event::kNone) return event;
    }
    if (step_ == Step::kFailing) {
        step_ = Step::kOver;
        std::string{}.swap(message_);  // gives its memory back
        return Event::kFailed;
    }
    if (step_ == Step::kOver) bytes = {};
    return Event::kNone;
}

bool WsReader::fail(std::uint16_t code, const char* why) noexcept {
    step_ = Step::kFailing;
    close_code_ = code;
    why_ = why;
    return false;
}

// Each part is looked at as soon as it is there. @return false: more bytes are needed, or it failed
bool WsReader::read_header(std::string_view& bytes) {
    constexpr std::size_t kStart = 2;
    for (;;) {
        std::size_t needs = kStart;
        if (header_size_ >= kStart) {
            const unsigned second = byte_at(header_.data(), 1);
            const std::size_t length_end = kStart + length_bytes(second & ~kMasked);
            if (header_size_ == length_end && !read_length()) return false;
            needs = length_end + ((second & kMasked) != 0 ? kMaskBytes : 0);
        }
        if (header_size_ == needs) break;
        if (bytes.empty()) return false;
        header_[header_size_++] = bytes.front();
        bytes.remove_prefix(1);
        if (header_size_ == kStart && !begin_frame()) return false;
    }
    if (from_ == Sender::kClient)
        std::memcpy(mask_.data(), header_.data() + header_size_ - kMaskBytes, kMaskBytes);
    header_size_ = 0;
    read_ = 0;
    step_ = Step::kPayload;
    return true;
}

bool WsReader::begin_frame() noexcept {
    const unsigned first = byte_at(header_.data(), 0);
    const bool masked = (byte_at(header_.data(), 1) & kMasked) != 0;
    opcode_ = static_cast<Opcode>(first & 0x0fU);
    final_ = (first & kFinal) != 0;
    if ((first & kOtherRsv) != 0) return fail(close_code::kProtocol, "a reserved bit is set");
    if (masked != (from_ == Sender::kClient)) {
        return fail(close_code::kProtocol,
                    masked ? "a server's frame is masked" : "a client's frame is not masked");
    }
    const bool rsv1 = (first & kRsv1) != 0;
    if (rsv1 && (!may_compress_ || opcode_ == Opcode::kContinuation || is_control()))
        return fail(close_code::kProtocol, "a reserved bit is set");
    return is_control() ? begin_control() : begin_data(rsv1);
}

bool WsReader::begin_control() noexcept {
    if (opcode_ > Opcode::kPong) return fail(close_code::kProtocol, "the opcode is not known");
    if (!final_) return fail(close_code::kProtocol, "a control frame is fragmented");
    if ((byte_at(header_.data(), 1) & ~kMasked) > kMaxControl)
        return fail(close_code::kProtocol, "a control frame is longer than 125 bytes");
    control_.clear();
    return true;
}

bool WsReader::begin_data(bool rsv1) noexcept {
    if (opcode_ > Opcode::kBinary) return fail(close_code::kProtocol, "the opcode is not known");
    const bool goes_on = opcode_ == Opcode::kContinuation;
    if (goes_on && !in_message_)
        return fail(close_code::kProtocol, "a continuation without a message");
    if (!goes_on && in_message_)
        return fail(close_code::kProtocol, "a message begins inside of another");
    if (!goes_on) {
        in_message_ = true;
        kind_ = opcode_;
        compressed_ = rsv1;
        frames_ = 0;
        text_.begin();
    }
    if (++frames_ > limits_.frames)
        return fail(close_code::kPolicy, "a message has too many frames");
    return true;
}

bool WsReader::read_length() noexcept {
    const unsigned length = byte_at(header_.data(), 1) & ~kMasked;
    const std::size_t bytes = length_bytes(length);
    length_ = bytes == 0 ? length : number(header_.data() + 2, bytes);
    if (length == kOf16Bits && length_ < kOf16Bits)
        return fail(close_code::kProtocol, "a length is not in its shortest form");
    if (length == kOf64Bits && (length_ <= 0xffff || length_ >> 63U != 0))
        return fail(close_code::kProtocol, "a length is not in its shortest form, or negative");
    const std::size_t most = compressed_ ? limits_.coded_bytes() : limits_.message_bytes;
    if (!is_control() && length_ > most - message_.size())
        return fail(close_code::kTooBig, "a message is too long");
    return true;
}

// @return false: more bytes are needed, or it failed
bool WsReader::read_payload(std::string_view& bytes) {
    const auto taken =
        static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), length_ - read_));
    std::string& into = is_control() ? control_ : message_;
    const std::size_t before = into.size();
    into.append(bytes.substr(0, taken));
    bytes.remove_prefix(taken);
    if (from_ == Sender::kClient) apply_mask(into.data() + before, taken, mask_, read_);
    read_ += taken;
    const bool is_text = !is_control() && kind_ == Opcode::kText && !compressed_;
    if (is_text && !text_.feed(std::string_view{into}.substr(before)))
        return fail(close_code::kBadData, "text is not UTF-8");
    return read_ == length_;
}

WsReader::Event WsReader::end_frame() {
    step_ = Step::kHeader;
    switch (opcode_) {
        case Opcode::kPing:
            return Event::kPing;
        case Opcode::kPong:
            return Event::kPong;
        case Opcode::kClose:
            return end_close();
        default:
            break;
    }
    if (!final_) return Event::kNone;
    in_message_ = false;
    if (kind_ == Opcode::kText && !compressed_ && !text_.complete()) {
        (void)fail(close_code::kBadData, "text ends inside of a character");
        return Event::kNone;  // next() tells
    }
    return Event::kMessage;
}

WsReader::Event WsReader::end_close() {
    constexpr std::size_t kCodeBytes = 2;
    close_code_ = close_code::kNone;
    if (control_.size() >= kCodeBytes) {
        close_code_ = static_cast<std::uint16_t>(number(control_.data(), kCodeBytes));
        control_.erase(0, kCodeBytes);
        if (!close_code::may_be_sent(close_code_)) {
            (void)fail(close_code::kProtocol, "a close code that may not be sent");
            return Event::kNone;
        }
        if (!is_utf8(control_)) {
            (void)fail(close_code::kBadData, "a close reason is not UTF-8");
            return Event::kNone;
        }
    } else if (!control_.empty()) {
        (void)fail(close_code::kProtocol, "a close code of one byte");
        return Event::kNone;
    }
    step_ = Step::kOver;
    std::string{}.swap(message_);
    return Event::kClose;
}

}  // namespace grove::http
