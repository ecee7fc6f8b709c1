#include "stack_pool.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <new>
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
constexpr std::size_t kFew = 128;            // more at once are a burst: the next come in batches
constexpr std::size_t kLeastAhead = 32;  // of such a batch; else an eighth of those that there are
constexpr std::size_t kAlwaysWarm = 32;  // free stacks of one size that keep their memory

std::size_t page_bytes() noexcept { return StackGuards::page_bytes(); }

// Addresses without access, so that none of them counts as memory yet.
void* reserve(std::size_t bytes) noexcept {
    return ::mmap(nullptr, bytes, PROT_NONE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
}

// Of the whole pages of the stack below `end`. A canary's page stays: it must be found intact.
void give_memory_back(char* bottom, bool guarded, std::uintptr_t end) noexcept {
    char* const lowest = bottom + (guarded ? 0 : page_bytes());
    auto* const last = reinterpret_cast<char*>(end & ~(page_bytes() - 1));
    if (last > lowest) ::madvise(lowest, static_cast<std::size_t>(last - lowest), MADV_DONTNEED);
}

[[noreturn]] void refuse(const char* call, std::size_t bytes) {
    throw std::system_error{
        errno, std::generic_category(),
        std::string{call} + " for a greenlet stack of " + std::to_string(bytes) + " bytes"};
}

}  // namespace

StackClass::StackClass(std::size_t size) noexcept
    : SpareMemory{kAlwaysWarm}, bytes{size}, next_slab{kFirstSlab} {}

// Tops a power of two apart would share cache sets: each of 16 neighbours begins 64 bytes
// elsewhere. (More would push what a throw needs onto a third page.)
Context* StackClass::place_in(char* bottom) const noexcept {
    const std::size_t colour =
        reinterpret_cast<std::uintptr_t>(bottom) / slot_bytes() * 7 % 16 * 64;
    constexpr std::size_t kOwn = (sizeof(Context) + 63) / 64 * 64;
    return reinterpret_cast<Context*>(bottom + bytes - colour - kOwn);
}

Context& StackClass::furnish(Cold stack) noexcept {
    Context* const place = place_in(stack.bottom);
    const auto usable = static_cast<std::size_t>(reinterpret_cast<char*>(place) - stack.bottom);
    auto* const context = new (place) Context{stack.bottom, usable};
    context->size_class = this;
    context->guarded = stack.guarded;
    context->valgrind_id = VALGRIND_STACK_REGISTER(stack.bottom, stack.bottom + usable);
    return *context;
}

// With the Context: its page would be most of what a cold stack holds.
std::size_t StackClass::let_one_go() noexcept {
    Context& context = *std::exchange(warm, warm->next_free);
    const Cold stack{context.bottom, context.guarded};
    VALGRIND_STACK_DEREGISTER(context.valgrind_id);
    context.~Context();
    give_memory_back(stack.bottom, stack.guarded,
                     reinterpret_cast<std::uintptr_t>(stack.bottom) + bytes);
    cold.push_back(stack);
    return 0;  // of the heap
}

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
    const std::size_t rounded = round_up(bytes);
    usual_ = &classes_.try_emplace(rounded, rounded).first->second;
    return *usual_;
}

// A limit of the process's addresses counts the guards: where a large slab does not fit, a small
// one may. Batches that the system refused, for its age or for want of memory, are tried again with each slab.
void StackPool::add_slab(StackClass& size) {
    const std::size_t slot = size.slot_bytes();
    slabs_.reserve(slabs_.size() + 1);
    size.cold.reserve(size.stacks + size.next_slab);
    if (size.stacks > kFew) batch_.resize(StackGuards::kAhead);
    void* address = MAP_FAILED;
    while ((address = reserve(size.next_slab * slot)) == MAP_FAILED) {
        if (size.next_slab == 1) refuse("mmap", size.bytes);
        size.next_slab /= 2;
    }
    const std::size_t bytes = size.next_slab * slot;
    ::madvise(address, bytes,
              MADV_NOHUGEPAGE);  // a huge page would give each shallow stack its full size
    slabs_.push_back({static_cast<char*>(address), bytes, &size});
    size.stacks += size.next_slab;
    size.fresh = static_cast<char*>(address);
    size.fresh_count = size.next_slab;
    size.fresh_opened = guards_.open(size.fresh, bytes);
    size.fresh_ahead = size.fresh_opened && !batch_.empty();
    size.next_slab = std::min(size.next_slab * 2, kLargestSlab);
}

// What is made ready and never taken keeps a page each: so it is a small part of what the burst has.
void StackPool::prepare_ahead(StackClass& size) noexcept {
    const std::size_t part =
        std::clamp((size.stacks - size.fresh_count) / 8, kLeastAhead, batch_.size());
    const std::size_t count = std::min(size.fresh_count, part);
    size.fresh_ahead = StackGuards::install_ahead(size.fresh, size.bytes, {batch_.data(), count});
    if (size.fresh_ahead) size.ready = count;
}

Context& StackPool::cut(StackClass& size) {
    if (size.fresh_count == 0) add_slab(size);
    if (size.ready == 0 && size.fresh_ahead) prepare_ahead(size);
    const bool guarded =
        size.ready > 0 || guards_.install(size.fresh, size.bytes, size.fresh_opened);
    if (size.ready > 0) --size.ready;
    char* const bottom = size.fresh + StackGuards::kBytes;
    size.fresh = bottom + size.bytes;
    --size.fresh_count;
    return size.furnish({bottom, guarded});
}

Context& StackPool::take(std::size_t bytes) {
    StackClass& size = class_of(bytes);
    Context* context = size.warm;
    if (context != nullptr) {
        size.warm = context->next_free;
        size.taken();
    } else if (!size.cold.empty()) {
        context = &size.furnish(size.cold.back());
        size.cold.pop_back();
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
    size.put();
}

void StackPool::trim_below(const Context& context, const void* frame) noexcept {
    constexpr std::uintptr_t kCalls = 512;  // the rest of that frame, and that of madvise()
    const auto* const byte =
        static_cast<const char*>(frame);  // on another stack: a hook runs as the hub
    if (byte >= context.bottom && byte < context.bottom + context.bytes) {
        give_memory_back(context.bottom, context.guarded,
                         reinterpret_cast<std::uintptr_t>(frame) - kCalls);
    }
}

// Ends the Contexts that its stacks have.
void StackPool::clear(const Slab& slab) noexcept {
    const StackClass& size = *slab.size;
    char* const end = slab.address + slab.bytes;
    char* const uncut =
        size.fresh_count != 0 && size.fresh >= slab.address && size.fresh < end ? size.fresh : end;
    for (char* slot = slab.address; slot != uncut; slot += size.slot_bytes()) {
        char* const bottom = slot + StackGuards::kBytes;
        if (std::ranges::binary_search(size.cold, bottom, {}, &StackClass::Cold::bottom)) continue;
        Context* const context = size.place_in(bottom);
        VALGRIND_STACK_DEREGISTER(context->valgrind_id);
        context->~Context();
    }
}

StackPool::~StackPool() {
    for (auto& [bytes, size] : classes_)
        std::ranges::sort(size.cold, {}, &StackClass::Cold::bottom);
    for (const Slab& slab : slabs_) {
        clear(slab);
        ::munmap(slab.address, slab.bytes);
    }
}

}  // namespace grove
