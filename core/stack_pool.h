// stack_pool.h - guarded stacks cut from slabs, reused last in first out, counted.
//
// Thread: belongs to one hub. A slab is one mapping of many stacks, each with a guard below it.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <vector>

#include "context.h"
#include "stack_guard.h"

namespace grove {

/// All stacks of one size.
struct StackClass {
    std::size_t bytes = 0;    // usable, a multiple of the page size
    Context* warm = nullptr;  // free, with their memory
    std::size_t warm_count = 0;
    Context* cold = nullptr;  // free, and their memory was given back
    char* fresh = nullptr;    // the next stack to cut from the newest slab
    std::size_t fresh_count = 0;
    bool fresh_opened = false;  // that slab; else install() opens each stack of it
    std::size_t next_slab = 0;  // stacks in the next slab
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

    /// The stack may be the running one: only its Context is written, until trim() or the next
    /// take().
    void give_back(Context& context) noexcept;

    /// Gives the memory of some free stacks beyond the kept ones back to the system: for moments
    /// when there is nothing else to do. @pre the running flow is on no free stack
    void trim() noexcept;

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
    };

    StackClass& class_of(std::size_t bytes);
    void add_slab(StackClass& size);
    Context& cut(StackClass& size);

    StackGuards guards_;
    std::map<std::size_t, StackClass> classes_;  // node-based: contexts point at their class
    StackClass* usual_ = nullptr;                // the class asked for last
    std::vector<Slab> slabs_;
    std::vector<Context*> contexts_;  // all ever cut: their notes are destroyed at the end
    std::size_t in_use_ = 0;
    bool trim_wanted_ = false;
};

}  // namespace grove
