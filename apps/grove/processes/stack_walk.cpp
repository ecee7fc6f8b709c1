#include "stack_walk.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <ucontext.h>

#include "call_site.h"

namespace grove::http {
namespace {

constexpr std::uintptr_t kWord = sizeof(std::uintptr_t);
constexpr std::size_t kWindow = 256;  // words of a frame that are looked through

class Walk {
public:
    Walk(const Registers& registers, const StackSight& sight, const StackBounds& bounds) noexcept
        : memory_{sight.memory},
          code_{sight.code},
          bounds_{bounds},
          call_{registers.code},
          stack_{std::max(registers.stack, bounds.low)},
          frame_{registers.frame},
          searched_from_{stack_} {}

    [[nodiscard]] std::uintptr_t call() const noexcept { return call_; }
    bool to_caller() noexcept {
        const bool perhaps_without_frame = std::exchange(innermost_, false);
        if (keeps_frames(call_)) {
            if (is_frame(frame_) && !(perhaps_without_frame && returns_from_top()))
                return leave_frame();
            if (!perhaps_without_frame) return false;
        }
        return leave_frameless();
    }

private:
    // How badly the call before a return address fits to where the flow is: the fewer instructions lie between the
    // better, as the function that holds the place begins nearer to it than any other. Some end by a jump to another
    // one, as a rule to one that lies beside them, and hardly ever to one in another file.
    static constexpr std::uintptr_t kLongest = 32768;
    static constexpr std::uintptr_t kNeighbours = 4096;
    static constexpr std::uintptr_t kPerhaps = kLongest;
    static constexpr std::uintptr_t kNot = kPerhaps + 1;
    [[nodiscard]] std::uintptr_t misfit(std::uintptr_t return_address,
                                        std::uintptr_t place) const noexcept {
        const CallSite site = call_before(return_address, code_, memory_);
        if (site.kind == CallSite::Kind::kNone) return kNot;
        if (site.kind == CallSite::Kind::kUnknown) return kPerhaps;
        const CodeMap::Range* const range = code_.find(place);
        if (range == nullptr || range != code_.find(site.target)) return kNot;
        if (place - site.target < kLongest) return place - site.target;
        if (site.target - place < kNeighbours) return kNeighbours + (site.target - place);
        return kPerhaps;
    }
    [[nodiscard]] bool keeps_frames(std::uintptr_t place) const noexcept {
        const CodeMap::Range* const range = code_.find(place);
        return range != nullptr && !is_of_the_system(code_.name_of(*range));
    }
    // Two words lie there: the caller's frame, and a return address.
    [[nodiscard]] bool is_frame(std::uintptr_t frame) const noexcept {
        return misfit_of_frame(frame, 0) != kNot;
    }
    // @param place  in the function whose frame it is; 0: any
    [[nodiscard]] std::uintptr_t misfit_of_frame(std::uintptr_t frame,
                                                 std::uintptr_t place) const noexcept {
        std::uintptr_t address = 0;
        if (frame % kWord != 0 || frame < stack_ || frame + 2 * kWord > bounds_.high ||
            !memory_.read(frame + kWord, &address, kWord))
            return kNot;
        if (place != 0) return misfit(address, place);
        const bool returns = call_before(address, code_, memory_).kind != CallSite::Kind::kNone;
        return returns ? kPerhaps : kNot;
    }

    // A function in its first instructions has no frame yet, and one that calls no other may never get one: the frame
    // is the caller's, and the return address lies on top.
    [[nodiscard]] bool returns_from_top() const noexcept {
        std::uintptr_t address = 0;
        return stack_ % kWord == 0 && stack_ + kWord <= bounds_.high &&
               memory_.read(stack_, &address, kWord) &&
               misfit(address, call_) < misfit_of_frame(frame_, call_);
    }

    bool leave_frame() noexcept {
        std::array<std::uintptr_t, 2> words;
        if (!memory_.read(frame_, words.data(), sizeof words)) return false;
        stack_ = searched_from_ = frame_ + sizeof words;
        frame_ = words[0];
        call_ = words[1];
        return true;
    }

    using Words = std::array<std::uintptr_t, kWindow>;
    [[nodiscard]] std::size_t read_words(std::uintptr_t from, std::uintptr_t end,
                                         Words& words) const noexcept {
        if (from % kWord != 0 || from >= end) return 0;
        const std::size_t count = std::min(words.size(), (end - from) / kWord);
        return memory_.read(from, words.data(), count * kWord) ? count : 0;
    }

    bool leave_frameless() noexcept {
        Words words;
        const std::size_t count = read_words(stack_, bounds_.high, words);
        std::uintptr_t least = kNot;
        std::size_t best = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const std::uintptr_t bad = misfit(words[i], call_);
            if (bad < least) {
                least = bad;
                best = i;
            }
        }
        if (least == kNot) return false;
        call_ = words[best];
        stack_ += (best + 1) * kWord;
        if (keeps_frames(call_)) find_frame();
        return true;
    }
    // The frame pointer is the caller's still, or was saved by one of the functions in between.
    void find_frame() noexcept {
        std::uintptr_t least = misfit_of_frame(frame_, call_);
        for (std::uintptr_t from = searched_from_; from < stack_; from += kWindow * kWord) {
            Words words;
            const std::size_t count = read_words(from, stack_, words);
            for (std::size_t i = 0; i < count; ++i) {
                const std::uintptr_t bad = misfit_of_frame(words[i], call_);
                if (bad < least) {
                    least = bad;
                    frame_ = words[i];
                }
            }
        }
    }

    const CheckedMemory& memory_;
    const CodeMap& code_;
    const StackBounds bounds_;
    bool innermost_ = true;
    std::uintptr_t call_;
    std::uintptr_t stack_;
    std::uintptr_t frame_;
    std::uintptr_t searched_from_;  // where the first of the functions without frames had its stack
};

}  // namespace

Registers::Registers([[maybe_unused]] const void* machine) noexcept : code{}, stack{}, frame{} {
#if defined(__x86_64__)
    const auto& registers = static_cast<const ucontext_t*>(machine)->uc_mcontext.gregs;
    code = static_cast<std::uintptr_t>(registers[REG_RIP]);
    stack = static_cast<std::uintptr_t>(registers[REG_RSP]);
    frame = static_cast<std::uintptr_t>(registers[REG_RBP]);
#endif
}

std::size_t walk_stack(const Registers& registers, const StackSight& sight,
                       const StackBounds& bounds, std::span<std::uintptr_t> calls) noexcept {
    if (registers.stack == 0) return 0;
    const int before = errno;
    Walk walk{registers, sight, bounds};
    std::size_t count = 0;
    do {
        calls[count++] = walk.call();
    } while (count < calls.size() && walk.to_caller());
    errno = before;
    return count;
}

}  // namespace grove::http
