#include "ws_writer.h"

#include <algorithm>
#include <utility>

#include "close_codes.h"

namespace grove::http {
namespace {

constexpr std::size_t kKept = 4096;  // bytes of memory that an empty outbox keeps

// An assignment may keep it.
void give_back(std::string& memory) noexcept { std::string{}.swap(memory); }

}  // namespace

FrameHeader::FrameHeader(Opcode opcode, std::uint64_t length, bool compressed,
                         const std::optional<Mask>& mask) noexcept {
    const unsigned masked = mask ? kMasked : 0U;
    const bool is_short = length < kOf16Bits;
    const std::size_t length_bytes = is_short ? 0 : length <= 0xffff ? 2 : 8;
    const unsigned second = is_short            ? static_cast<unsigned>(length)
                            : length_bytes == 2 ? kOf16Bits
                                                : kOf64Bits;
    bytes_[0] =
        static_cast<char>(kFinal | (compressed ? kRsv1 : 0U) | static_cast<unsigned>(opcode));
    bytes_[1] = static_cast<char>(masked | second);
    for (std::size_t left = length_bytes; left != 0; --left)
        bytes_[size_++] = static_cast<char>(length >> (8 * (left - 1)) & 0xffU);
    if (!mask) return;
    for (const unsigned char byte : *mask) bytes_[size_++] = static_cast<char>(byte);
}

void Outbox::add(Opcode opcode, std::string_view payload, bool compressed) {
    add_rest(FrameHeader{opcode, payload.size(), compressed}, payload, 0);
}

void Outbox::add_close(std::uint16_t code, std::string_view reason) {
    std::string payload;
    if (code != close_code::kNone) {
        payload = {static_cast<char>(code >> 8U), static_cast<char>(code & 0xffU)};
        payload.append(reason);
    }
    add(Opcode::kClose, payload);
}

void Outbox::add_rest(const FrameHeader& header, std::string_view payload, std::size_t sent) {
    if (sent == 0) add_pong();
    const std::size_t of_header = std::min(sent, header.bytes().size());
    // Nothing is added unless all of it is.
    bytes_.reserve(bytes_.size() + header.bytes().size() + payload.size());
    bytes_.append(header.bytes().substr(of_header)).append(payload.substr(sent - of_header));
}

void Outbox::pong(std::string_view payload) {
    pong_ = payload;
    if (size() == 0) add_pong();
}

void Outbox::add_pong() {
    if (!pong_) return;
    const FrameHeader header{Opcode::kPong, pong_->size()};
    bytes_.reserve(bytes_.size() + header.bytes().size() + pong_->size());
    bytes_.append(header.bytes()).append(*pong_);
    pong_.reset();
}

void Outbox::sent(std::size_t bytes) {
    constexpr std::size_t kMoved =
        65536;  // what has left goes once it is that much, and half of all
    sent_ += bytes;
    if (sent_ == bytes_.size()) {
        sent_ = 0;
        bytes_.capacity() > kKept ? give_back(bytes_) : bytes_.clear();
        add_pong();
    } else if (sent_ >= kMoved && sent_ >= bytes_.size() / 2) {
        bytes_.erase(0, std::exchange(sent_, 0));
    }
}

void Outbox::clear() noexcept {
    give_back(bytes_);
    sent_ = 0;
    pong_.reset();
}

}  // namespace grove::http
