#include "small_blocks.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include <malloc.h>

namespace grove::http {
namespace {

constexpr std::size_t kBeside = 8;  // what a block of malloc(3) holds beyond its steps

SmallBlocks& of(void* user_data) noexcept { return *static_cast<SmallBlocks*>(user_data); }

}  // namespace

SmallBlocks::~SmallBlocks() {
    while (spare_count() != 0) {
        static_cast<void>(let_one_go());
        taken();
    }
}

void* SmallBlocks::allocate(std::size_t bytes) noexcept {
    const std::size_t at = bytes <= kStep + kBeside ? 1 : (bytes - kBeside + kStep - 1) / kStep;
    if (at >= kSizes || free_[at] == nullptr) return std::malloc(bytes);
    Free* const block = free_[at];
    free_[at] = block->next;
    taken();
    return block;
}

void SmallBlocks::release(void* block) noexcept {
    if (block == nullptr) return;
    const std::size_t bytes = ::malloc_usable_size(block);
    const std::size_t at = bytes < kStep + kBeside ? 0 : (bytes - kBeside) / kStep;
    if (at == 0 || at >= kSizes || spare_count() >= kMostKept) return std::free(block);
    free_[at] = new (block) Free{free_[at]};
    put();
}

std::size_t SmallBlocks::let_one_go() noexcept {
    while (free_[giving_] == nullptr) giving_ = (giving_ + 1) % kSizes;
    Free* const block = free_[giving_];
    free_[giving_] = block->next;
    std::free(block);
    return giving_ * kStep + kBeside;
}

nghttp2_mem SmallBlocks::memory() noexcept {
    return {
        .mem_user_data = this,
        .malloc = [](std::size_t size, void* self) { return of(self).allocate(size); },
        .free = [](void* block, void* self) { of(self).release(block); },
        .calloc =
            [](std::size_t count, std::size_t size, void* self) {
                void* const block = of(self).allocate(count * size);
                return block != nullptr ? std::memset(block, 0, count * size) : nullptr;
            },
        .realloc = [](void* block, std::size_t size, void*) { return std::realloc(block, size); },
    };
}

}  // namespace grove::http
