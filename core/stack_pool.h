// stack_pool.h - guarded stacks cut from slabs, reused last in first out, counted.
//
// Thread: belongs to one hub. A slab is one mapping of many stacks, each with a guard below it.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <vector>

#include <sys/uio.h>

#include <grove/core/detail/spare_memory.h>

#include "context.h"
#include "stack_guard.h"

namespace grove {

/// All stacks of one size.
struct StackClass final : SpareMemory {
    /// A free stack whose memory was given back: it has no Context until it is used again.
    struct Cold {
        char* bottom;
        bool guarded;
    };

    explicit StackClass(std::size_t size) noexcept;

    [[nodiscard]] std::size_t slot_bytes() const noexcept { return StackGuards::kBytes + bytes; }
    /// Where the Context of the stack at `bottom` lies.
    [[nodiscard]] Context* place_in(char* bottom) const noexcept;
    Context& furnish(Cold stack) noexcept;
    std::size_t let_one_go() noexcept override;
    using SpareMemory::put;
    using SpareMemory::taken;

    std::size_t bytes;        // usable, a multiple of the page size
    Context* warm = nullptr;  // free, with their memory
    std::vector<Cold> cold;   // has room for all
    std::size_t stacks = 0;   // in all slabs
    char* fresh = nullptr;    // the next stack to cut from the newest slab
    std::size_t fresh_count = 0;
    bool fresh_opened = false;  // that slab; else install() opens each stack of it
    bool fresh_ahead = false;   // and its stacks get their guards in batches
    std::size_t ready = 0;      // of the fresh ones the next so many have their guards
    std::size_t next_slab;      // stacks in the next slab
};

class StackPool {
public:
    static constexpr std::size_t kDefaultBytes = 65536;
    static constexpr std::size_t kLeastBytes = 16384;

    explicit StackPool(StackGuards guards = StackGuards{}) noexcept : guards_{guards} {}
    ~StackPool();
    StackPool(const StackPool&) = delete;
    StackPool& operator=(const StackPool&) = delete;

    /// A stack of at least `bytes` usable bytes (rounded up to pages, at least kLeastBytes).
    /// @throws std::system_error naming the size, if the system gives no more memory.
    Context& take(std::size_t bytes);

    /// The stack may be the running one: only its Context is written, until the next take() or turn
    /// of the SpareKeeper, which gives the memory of those that nobody needs back to the system.
    void give_back(Context& context) noexcept;

    /// Gives the memory of a stack in use back that lies below what `frame`, the running function's, may call.
    /// No effect on a thread's own.
    static void trim_below(const Context& context, const void* frame) noexcept;

    [[nodiscard]] std::size_t in_use() const noexcept { return in_use_; }
    /// `address` lies in the guard below the stack.
    [[nodiscard]] static bool in_guard(const Context& context, const void* address) noexcept;
    [[nodiscard]] static std::size_t round_up(std::size_t bytes) noexcept;

private:
    struct Slab {
        char* address;
        std::size_t bytes;
        const StackClass* size;
    };

    StackClass& class_of(std::size_t bytes);
    void add_slab(StackClass& size);
    Context& cut(StackClass& size);
    void prepare_ahead(StackClass& size) noexcept;
    static void clear(const Slab& slab) noexcept;  // @pre the size's cold ones are in order

    StackGuards guards_;
    std::map<std::size_t, StackClass> classes_;  // node-based: contexts point at their class
    StackClass* usual_ = nullptr;                // the class asked for last
    std::vector<Slab> slabs_;
    std::size_t in_use_ = 0;
    std::vector<iovec> batch_;  // kAhead, once there are more than a few stacks
};

}  // namespace grove
