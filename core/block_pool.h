// block_pool.h - memory of greenlets that are gone, kept for those to come.
//
// 100,000 greenlets that end together would else go back to the system and be faulted in again.
// Thread: belongs to one hub. Each block is one of operator new, so any may be freed elsewhere.
#pragma once

#include <array>
#include <cstddef>
#include <new>
#include <utility>

#include <grove/core/detail/spare_memory.h>

namespace grove {

class BlockPool {
public:
    BlockPool() noexcept {
        for (std::size_t size = 0; size < kClasses; ++size) lists_[size].bytes = (size + 1) * kStep;
    }
    ~BlockPool() {
        for (List& list : lists_) {
            while (list.first != nullptr) list.let_one_go();
        }
    }
    BlockPool(const BlockPool&) = delete;
    BlockPool& operator=(const BlockPool&) = delete;

    [[nodiscard]] void* take(std::size_t bytes) {
        const std::size_t size = size_class(bytes);
        if (size >= kClasses) return ::operator new(bytes);
        return lists_[size].take();
    }
    void give_back(void* block, std::size_t bytes) noexcept {
        const std::size_t size = size_class(bytes);
        if (size >= kClasses) {
            ::operator delete(block);
        } else {
            lists_[size].give_back(block);
        }
    }

    /// What take() asks operator new for, where there is no pool.
    [[nodiscard]] static std::size_t rounded(std::size_t bytes) noexcept {
        const std::size_t size = size_class(bytes);
        return size < kClasses ? (size + 1) * kStep : bytes;
    }

private:
    struct Free {
        Free* next;
    };
    static constexpr std::size_t kStep = 32;
    static constexpr std::size_t kClasses = 16;  // up to 512 bytes
    static constexpr std::size_t kMostKept = 131'072;
    static constexpr std::size_t kAlwaysKept = 16;

    /// Free blocks of one size.
    struct List final : SpareMemory {
        List() noexcept : SpareMemory{kAlwaysKept} {}

        [[nodiscard]] void* take() {
            if (first == nullptr) return ::operator new(bytes);
            taken();
            return std::exchange(first, first->next);
        }
        void give_back(void* block) noexcept {
            if (spare_count() >= kMostKept) {
                ::operator delete(block);
                return;
            }
            first = new (block) Free{first};
            put();
        }
        std::size_t let_one_go() noexcept override {
            ::operator delete(std::exchange(first, first->next));
            return bytes;
        }

        Free* first = nullptr;
        std::size_t bytes = 0;
    };

    static std::size_t size_class(std::size_t bytes) noexcept { return (bytes - 1) / kStep; }

    std::array<List, kClasses> lists_;
};

}  // namespace grove
