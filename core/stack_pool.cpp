#include "stack_pool.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>

#include <sys/mman.h>
#include <unistd.h>

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(lowest, end) 0U
#define VALGRIND_STACK_DEREGISTER(id) static_cast<void>(id)
#endif

#include <grove/core/detail/assert.h>

namespace grove {
namespace {

constexpr std::size_t kFirstSlab = 16;       // stacks
constexpr std::size_t kLargestSlab = 16384;  // stacks: 5 GiB of addresses at the default size
constexpr std::size_t kKeptWarm = 1024;      // free stacks of one size that keep their memory
constexpr int kTrimmedAtATime = 256;

std::size_t page_bytes() noexcept { return StackGuards::page_bytes(); }

// Addresses without access, so that none of them counts as memory yet.
void* reserve(std::size_t bytes) noexcept {
    return ::mmap(nullptr, bytes, PROT_NONE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
}

// Of the pages below that of `top`. A canary's page stays: it must be found intact.
void give_memory_back(const Context& context, std::uintptr_t top) noexcept {
    char* const lowest = context.bottom + (context.guarded ? 0 : page_bytes());
    auto* const end = reinterpret_cast<char*>(top & ~(page_bytes() - 1));
    if (end > lowest) ::madvise(lowest, static_cast<std::size_t>(end - lowest), MADV_DONTNEED);
}

[[noreturn]] void refuse(const char* call, std::size_t bytes) {
    throw std::system_error{
        errno, std::generic_category(),
        std::string{call} + " for a greenlet stack of " + std::to_string(bytes) + " bytes"};
}

}  // namespace

std::size_t StackPool::round_up(std::size_t bytes) noexcept {
    const std::size_t page = page_bytes();
    return (std::max(bytes, kLeastBytes) + page - 1) / page * page;
}

bool StackPool::in_guard(const Context& context, const void* address) noexcept {
    const auto* const byte = static_cast<const char*>(address);
    return context.bottom != nullptr && byte < context.bottom &&
           byte >= context.bottom - StackGuards::kBytes;
}

StackClass& StackPool::class_of(std::size_t bytes) {
    if (usual_ != nullptr && usual_->bytes == bytes) return *usual_;
    StackClass& size = classes_[round_up(bytes)];
    if (size.bytes == 0) {
        size.bytes = round_up(bytes);
        size.next_slab = kFirstSlab;
    }
    usual_ = &size;
    return size;
}

// A limit of the process's addresses counts the guards: where a large slab does not fit, a small
// one may.
void StackPool::add_slab(StackClass& size) {
    const std::size_t slot = StackGuards::kBytes + size.bytes;
    slabs_.reserve(slabs_.size() + 1);
    void* address = MAP_FAILED;
    while ((address = reserve(size.next_slab * slot)) == MAP_FAILED) {
        if (size.next_slab == 1) refuse("mmap", size.bytes);
        size.next_slab /= 2;
    }
    const std::size_t bytes = size.next_slab * slot;
    ::madvise(address, bytes,
              MADV_NOHUGEPAGE);  // a huge page would give each shallow stack its full size
    slabs_.push_back({static_cast<char*>(address), bytes});
    size.fresh = static_cast<char*>(address);
    size.fresh_count = size.next_slab;
    size.fresh_opened = guards_.open(size.fresh, bytes);
    size.next_slab = std::min(size.next_slab * 2, kLargestSlab);
}

Context& StackPool::cut(StackClass& size) {
    if (size.fresh_count == 0) add_slab(size);
    const bool guarded = guards_.install(size.fresh, size.bytes, size.fresh_opened);
    contexts_.push_back(nullptr);
    char* const bottom = size.fresh + StackGuards::kBytes;
    // Tops a power of two apart would share cache sets: each of 16 neighbours begins 64 bytes
    // elsewhere. (More would push what a throw needs onto a third page.)
    const std::size_t colour = size.fresh_count * 7 % 16 * 64;
    const std::size_t own = (sizeof(Context) + 63) / 64 * 64;
    const std::size_t usable = size.bytes - colour - own;
    size.fresh = bottom + size.bytes;
    --size.fresh_count;
    auto* context = new (bottom + usable) Context{bottom, usable};
    context->size_class = &size;
    context->guarded = guarded;
    context->valgrind_id = VALGRIND_STACK_REGISTER(bottom, bottom + usable);
    contexts_.back() = context;
    return *context;
}

Context& StackPool::take(std::size_t bytes) {
    StackClass& size = class_of(bytes);
    Context* context = size.warm;
    if (context != nullptr) {
        size.warm = context->next_free;
        --size.warm_count;
    } else if (size.cold != nullptr) {
        context = std::exchange(size.cold, size.cold->next_free);
    } else {
        context = &cut(size);
    }
    ++in_use_;
    return *context;
}

void StackPool::give_back(Context& context) noexcept {
    GROVE_ASSERT(context.guarded || StackGuards::intact(context.bottom),
                 "a stack without a guard overflowed");
    StackClass& size = *context.size_class;
    context.next_free = std::exchange(size.warm, &context);
    --in_use_;
    if (++size.warm_count > kKeptWarm) trim_wanted_ = true;
}

void StackPool::trim() noexcept {
    if (!trim_wanted_) return;
    trim_wanted_ = false;
    int left = kTrimmedAtATime;
    for (auto& [bytes, size] : classes_) {
        for (; size.warm_count > kKeptWarm && left > 0; --left, --size.warm_count) {
            Context& context = *std::exchange(size.warm, size.warm->next_free);
            context.next_free = std::exchange(size.cold, &context);
            give_memory_back(context, reinterpret_cast<std::uintptr_t>(&context));
        }
        if (size.warm_count > kKeptWarm) trim_wanted_ = true;
    }
}

void StackPool::trim_below(const Context& context, const void* frame) noexcept {
    constexpr std::uintptr_t kCalls = 512;  // the rest of that frame, and that of madvise()
    const auto* const byte =
        static_cast<const char*>(frame);  // on another stack: a hook runs as the hub
    if (byte >= context.bottom && byte < context.bottom + context.bytes)
        give_memory_back(context, reinterpret_cast<std::uintptr_t>(frame) - kCalls);
}

StackPool::~StackPool() {
    for (Context* context : contexts_) {
        VALGRIND_STACK_DEREGISTER(context->valgrind_id);
        context->~Context();
    }
    for (const Slab& slab : slabs_) ::munmap(slab.address, slab.bytes);
}

}  // namespace grove
