// block_pool.h - memory of greenlets that are gone, kept for those to come.
//
// 100,000 greenlets that end together would else go back to the system and be faulted in again.
// Thread: belongs to one hub. Each block is one of operator new, so any may be freed elsewhere.
#pragma once

#include <array>
#include <cstddef>
#include <new>
#include <utility>

namespace grove {

class BlockPool {
public:
    BlockPool() = default;
    ~BlockPool() {
        for (Free*& list : lists_) {
            while (list != nullptr) ::operator delete(std::exchange(list, list->next));
        }
    }
    BlockPool(const BlockPool&) = delete;
    BlockPool& operator=(const BlockPool&) = delete;

    [[nodiscard]] void* take(std::size_t bytes) {
        const std::size_t size = size_class(bytes);
        if (size >= kClasses) return ::operator new(bytes);
        if (lists_[size] == nullptr) return ::operator new((size + 1) * kStep);
        --kept_;
        return std::exchange(lists_[size], lists_[size]->next);
    }
    void give_back(void* block, std::size_t bytes) noexcept {
        const std::size_t size = size_class(bytes);
        if (size >= kClasses || kept_ >= kMostKept) {
            ::operator delete(block);
            return;
        }
        ++kept_;
        lists_[size] = new (block) Free{lists_[size]};
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

    static std::size_t size_class(std::size_t bytes) noexcept { return (bytes - 1) / kStep; }

    std::array<Free*, kClasses> lists_{};
    std::size_t kept_ = 0;
};

}  // namespace grove
