#include "input_buffer.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace grove::http {
namespace {

constexpr std::uint32_t kLeastRoom = 1024;  // less is not worth a system call
constexpr std::size_t kMostAhead = 65536;
constexpr std::uint32_t kMostHeld = 1U << 30U;
constexpr std::uint32_t kEnoughHere = 2048;

}  // namespace

std::span<char> InputBuffer::room() {
    if (block_ == nullptr) replace_block(BlockPool::kBlockBytes);
    if (begin_ == end_) begin_ = end_ = pinned_;
    if (size_ - end_ < kLeastRoom) {
        const Size held = end_ - begin_;
        if (begin_ > pinned_ && size_ - pinned_ - held >= kLeastRoom) {
            std::memmove(block_.get() + pinned_, block_.get() + begin_, held);
            begin_ = pinned_;
            end_ = pinned_ + held;
        } else {
            if (held > kMostHeld)
                throw std::bad_alloc{};  // where no limit ends a head, memory does
            replace_block(std::max(BlockPool::kBlockBytes, 2 * (held + kLeastRoom)));
        }
    }
    return {block_.get() + end_, size_ - end_};
}

void InputBuffer::expect(std::size_t count) {
    const Size held = end_ - begin_;
    if (held < kEnoughHere || size_ - end_ >= std::min<std::size_t>(count, kLeastRoom)) return;
    if (held > kMostHeld) throw std::bad_alloc{};
    // What a client only announces costs no memory: it is asked for, but not touched before bytes come.
    const std::size_t here = held;
    const std::size_t room = std::min(count, std::max(std::min(16 * here, kMostAhead), here));
    replace_block(std::max(BlockPool::kBlockBytes, held + static_cast<Size>(room)));
}

// The bytes not consumed go to a new block; the old one stays if something in it is pinned.
void InputBuffer::replace_block(Size size, Size in_front) {
    std::unique_ptr<char[]> fresh =
        size == BlockPool::kBlockBytes
            ? blocks_.take()
            : std::unique_ptr<char[]>{new char[size + BlockPool::kPadding]};
    const Size held = end_ - begin_;
    if (held != 0) std::memcpy(fresh.get() + in_front, block_.get() + begin_, held);
    if (pinned_ != 0) {
        pinned_block_ = std::make_unique<Block>();
        *pinned_block_ = {std::move(block_), size_};
        pinned_ = 0;
    } else if (block_ != nullptr) {
        give_back(std::move(block_), size_);
    }
    block_ = std::move(fresh);
    size_ = size;
    begin_ = 0;
    end_ = in_front + held;
}

void InputBuffer::give_back(std::unique_ptr<char[]>&& block, Size size) noexcept {
    if (size == BlockPool::kBlockBytes) blocks_.give_back(std::move(block));
    block.reset();
}

void InputBuffer::give_back_pinned() noexcept {
    if (pinned_block_ == nullptr) return;
    give_back(std::move(pinned_block_->bytes), pinned_block_->size);
    pinned_block_.reset();
}

void InputBuffer::pin(std::size_t count) noexcept {
    begin_ += static_cast<Size>(count);
    pinned_ = begin_;
}

std::string_view InputBuffer::pin_apart(std::size_t count) {
    auto apart = std::make_unique<Block>();
    apart->bytes = std::unique_ptr<char[]>{new char[count + BlockPool::kPadding]};
    // What size_ it has only tells whether it is one of the pool's.
    std::memcpy(apart->bytes.get(), bytes().data(), count);
    pinned_block_ = std::move(apart);
    consume(count);
    if (empty()) let_go();
    return {pinned_block_->bytes.get(), count};
}

void InputBuffer::unpin() noexcept {
    pinned_ = 0;
    give_back_pinned();
    if (empty()) clear();
}

void InputBuffer::let_go() noexcept {
    begin_ = end_ = pinned_;
    if (pinned_ != 0 || block_ == nullptr) return;
    give_back(std::move(block_), size_);
    size_ = 0;
}

std::span<char> InputBuffer::room_in_front(std::size_t count) {
    const auto in_front = static_cast<Size>(count);
    replace_block(std::max(BlockPool::kBlockBytes, in_front + end_ - begin_), in_front);
    return {block_.get(), count};
}

void InputBuffer::give_back_all() noexcept {
    give_back_pinned();
    if (block_ != nullptr) give_back(std::move(block_), size_);
    size_ = begin_ = end_ = pinned_ = 0;
}

}  // namespace grove::http
