// input_buffer.h - bytes that were received and not consumed yet, in a block borrowed from a pool.
//
// A connection has a block only while it holds bytes. While a request is served, its head is pinned: the
// environ's views point into it, so it neither moves nor is overwritten.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <grove/core/detail/export.h>
#include <grove/core/detail/spare_memory.h>

namespace grove::http {

/// Blocks of one size, reused last in first out. Thread: one hub's.
class BlockPool final : public SpareMemory {
public:
    static constexpr std::uint32_t kBlockBytes = 4096;
    static constexpr std::size_t kPadding = 16;  // the guard reads up to that far beyond the end
    static constexpr std::size_t kKept = 1024;
    static constexpr std::size_t kAlwaysKept = 16;

    BlockPool() : SpareMemory{kAlwaysKept} { free_.reserve(kKept); }

    [[nodiscard]] std::unique_ptr<char[]> take() {
        if (free_.empty()) return std::unique_ptr<char[]>{new char[kBlockBytes + kPadding]};
        std::unique_ptr<char[]> block = std::move(free_.back());
        free_.pop_back();
        taken();
        return block;
    }
    void give_back(std::unique_ptr<char[]>&& block) noexcept {
        if (free_.size() < kKept) {
            free_.push_back(std::move(block));
            put();
        } else {
            block.reset();
            passed_on(kBlockBytes);
        }
    }

private:
    std::size_t let_one_go() noexcept override {
        free_.pop_back();
        return kBlockBytes;
    }

    std::vector<std::unique_ptr<char[]>> free_;
};

class InputBuffer {
public:
    explicit InputBuffer(BlockPool& blocks) noexcept : blocks_{blocks} {}
    ~InputBuffer() { clear(); }
    InputBuffer(const InputBuffer&) = delete;
    InputBuffer& operator=(const InputBuffer&) = delete;

    [[nodiscard]] std::string_view bytes() const noexcept {
        return {block_.get() + begin_, end_ - begin_};
    }
    [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }

    /// Where to receive: at least one byte, usually more. bytes() may move, but nothing that is pinned.
    [[nodiscard]] std::span<char> room();
    /// So many bytes are to come behind bytes(). Once some are here, room() has room for 16 times as many, up to
    /// 64 KiB, and beyond that for as many as are here: what a client only announces costs little. bytes() may move,
    /// as in room().
    void expect(std::size_t count);
    void commit(std::size_t received) noexcept { end_ += static_cast<Size>(received); }
    void consume(std::size_t count) noexcept { begin_ += static_cast<Size>(count); }

    /// Consumes `count` bytes, which stay where they are until unpin().
    void pin(std::size_t count) noexcept;
    /// The same in a block of no more than their own size, for what stays long. @pre nothing is pinned
    /// @return the bytes, where they are then; the padding is behind them
    std::string_view pin_apart(std::size_t count);
    void unpin() noexcept;

    /// Consumes all, and keeps no memory but for what is pinned.
    void let_go() noexcept;
    /// Where to put `count` bytes that come before bytes(), which may move.
    [[nodiscard]] std::span<char> room_in_front(std::size_t count);

    void clear() noexcept {
        if (block_ != nullptr || pinned_block_ != nullptr) give_back_all();
    }

private:
    using Size = std::uint32_t;  // idle connections are many; a head is far from 4 GiB

    struct Block {
        std::unique_ptr<char[]> bytes;
        Size size = 0;
    };
    void replace_block(Size size, Size in_front = 0);
    void give_back(std::unique_ptr<char[]>&& block, Size size) noexcept;
    void give_back_pinned() noexcept;
    void give_back_all() noexcept;

    BlockPool& blocks_;
    std::unique_ptr<char[]> block_;
    Size size_ = 0;  // of block_, without the padding
    Size begin_ = 0;
    Size end_ = 0;
    Size pinned_ = 0;                      // bytes at the front of block_ that must stay
    std::unique_ptr<Block> pinned_block_;  // must stay whole: room for more was needed beside it
};

}  // namespace grove::http
