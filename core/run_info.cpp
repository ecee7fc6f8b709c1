#include <grove/core/run_info.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>

#include <pthread.h>
#include <unistd.h>

#include <boost/version.hpp>

#include <grove/core/detail/waiter.h>
#include <grove/core/greenlet.h>

#include "hub_access.h"
#include "stack_pool.h"
#include "symbols.h"

namespace grove {
namespace {

constexpr std::size_t kDeepest = 64;

StackBounds bounds_of(const Context& context) {
    if (context.bottom != nullptr) {
        const auto low = reinterpret_cast<std::uintptr_t>(context.bottom);
        return {low, low + context.bytes};
    }
    pthread_attr_t attributes;
    void* address = nullptr;
    std::size_t bytes = 0;
    if (::pthread_getattr_np(::pthread_self(), &attributes) == 0) {
        ::pthread_attr_getstack(&attributes, &address, &bytes);
        ::pthread_attr_destroy(&attributes);
    }
    const auto low = reinterpret_cast<std::uintptr_t>(address);
    return {low, low + bytes};
}

// Follows the chain of frame pointers; stops where it leaves the stack or does not rise.
// @return how many calls it has put there
std::size_t walk(std::uintptr_t frame, const StackBounds& bounds,
                 std::span<const void*> calls) noexcept {
    std::size_t count = 0;
    while (count < calls.size() && frame % sizeof(void*) == 0 && frame >= bounds.low &&
           frame + 2 * sizeof(void*) <= bounds.high) {
        const auto* const words = reinterpret_cast<const std::uintptr_t*>(frame);
        if (words[1] == 0) break;
        calls[count++] = reinterpret_cast<const void*>(words[1]);
        if (words[0] <= frame) break;
        frame = words[0];
    }
    return count;
}

std::vector<const void*> calls_of(const detail::GreenletState& greenlet, bool running) {
    std::vector<const void*> calls(kDeepest);
    std::size_t count = 0;
    const Context* const context = greenlet.context;
    if (context == nullptr) return {};
#if defined(__x86_64__)
    if (running) {
        count = walk(reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)),
                     bounds_of(*context), calls);
    } else if (context->saved != nullptr) {
        // What jump_fcontext pushed: MXCSR and x87 word, in Boost 1.83 (not 1.74) a stack guard, R12 to R15, RBX, RBP,
        // RIP.
        constexpr std::size_t kFrame = BOOST_VERSION >= 108300 ? 7 : 6;
        const auto* const saved = static_cast<const std::uintptr_t*>(context->saved);
        calls[0] = reinterpret_cast<const void*>(saved[kFrame + 1]);
        count = 1 + walk(saved[kFrame], bounds_of(*context), std::span{calls}.subspan(1));
    }
#endif
    calls.resize(count);
    return calls;
}

const char* state_of(const detail::GreenletState& greenlet, bool running) {
    using Phase = detail::GreenletState::Phase;
    if (running) return "running";
    if (greenlet.phase == Phase::kUnstarted) return "unstarted";
    if (greenlet.phase == Phase::kScheduled) return "scheduled";
    return greenlet.queued() ? "ready" : "blocked";
}

struct Handle : AnyGreenlet {
    static const detail::GreenletState* state_of(const AnyGreenlet& greenlet) noexcept {
        return (greenlet.*&Handle::state)();
    }
};

GreenletInfo told_of(const detail::GreenletState& greenlet, Symbols& symbols) {
    const bool running = &greenlet == &HubAccess::current(*greenlet.hub);
    GreenletInfo info{.id = greenlet.id,
                      .name = greenlet.display_name(),
                      .state = state_of(greenlet, running),
                      .age = greenlet.hub->now() - greenlet.born};
    if (info.state == "blocked" && greenlet.waiter != nullptr)
        info.waits_for = greenlet.waiter->waits_for();
    for (const void* call : calls_of(greenlet, running))
        info.stack.push_back(symbols.describe(call));
    return info;
}

}  // namespace

StackReader::StackReader() = default;
StackReader::~StackReader() = default;

std::vector<std::string> StackReader::stack_of(const AnyGreenlet& greenlet) {
    const detail::GreenletState* const state = Handle::state_of(greenlet);
    if (state == nullptr || greenlet.dead()) return {};
    return names_of(calls_of(*state, state == &HubAccess::current(*state->hub)));
}

std::optional<GreenletInfo> StackReader::info_of(const AnyGreenlet& greenlet) {
    const detail::GreenletState* const state = Handle::state_of(greenlet);
    if (state == nullptr || greenlet.dead()) return std::nullopt;
    return told_of(*state, symbols());
}

GreenletInfo StackReader::info_of_main() { return told_of(HubAccess::main(get_hub()), symbols()); }

std::vector<std::string> StackReader::names_of(std::span<const void* const> calls) {
    std::vector<std::string> names;
    for (const void* call : calls) names.push_back(symbols().describe(call));
    return names;
}

Symbols& StackReader::symbols() {
    if (symbols_ == nullptr) symbols_ = std::make_unique<Symbols>();
    return *symbols_;
}

std::size_t capture_calls(std::span<const void*> calls) noexcept {
#if defined(__x86_64__)
    Hub* const hub = HubAccess::existing();
    if (hub == nullptr) return 0;
    const Context* const context = HubAccess::current(*hub).context;
    if (context == nullptr || context->bottom == nullptr) return 0;
    return walk(reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)), bounds_of(*context),
                calls);
#else
    static_cast<void>(calls);
    return 0;
#endif
}

std::optional<StackBounds> running_stack(std::uintptr_t stack_pointer) noexcept {
    Hub* const hub = HubAccess::existing();
    if (hub == nullptr) return std::nullopt;
    // What counts as the hub may run on the stack of a greenlet that is over: then neither has it.
    for (const Context* context :
         {HubAccess::current(*hub).context, HubAccess::hub(*hub).context}) {
        if (context == nullptr || context->bottom == nullptr) continue;
        const StackBounds bounds = bounds_of(*context);
        const bool inside = stack_pointer >= bounds.low && stack_pointer < bounds.high;
        if (inside || StackPool::in_guard(*context, reinterpret_cast<const void*>(stack_pointer)))
            return bounds;
    }
    return std::nullopt;
}

std::size_t name_running_greenlet(std::span<char> name) noexcept {
    Hub* const hub = HubAccess::existing();
    if (hub == nullptr) return 0;
    const detail::GreenletState& greenlet = HubAccess::current(*hub);
    std::array<char, 32> numbered{'G', 'r', 'e', 'e', 'n', 'l', 'e', 't', '-'};
    std::string_view text;
    if (greenlet.name != nullptr) {
        text = *greenlet.name;
    } else {
        char* const end =
            std::to_chars(numbered.data() + 9, numbered.data() + numbered.size(), greenlet.id).ptr;
        text = {numbered.data(), static_cast<std::size_t>(end - numbered.data())};
    }
    return text.copy(name.data(), name.size());
}

std::string name_of_code(const std::string& file, std::uint64_t offset, bool returns) {
    return Symbols::in_file(file, offset, returns);
}

std::vector<AnyGreenlet> living_greenlets() {
    std::vector<AnyGreenlet> greenlets;
    HubAccess::for_each_greenlet(
        get_hub(), [&](detail::GreenletState& greenlet) { greenlets.emplace_back(&greenlet); });
    std::reverse(greenlets.begin(), greenlets.end());
    return greenlets;
}

std::vector<GreenletInfo> greenlet_infos() {
    Hub& hub = get_hub();
    Symbols symbols;
    std::vector<GreenletInfo> infos;
    HubAccess::for_each_greenlet(
        hub, [&](detail::GreenletState& greenlet) { infos.push_back(told_of(greenlet, symbols)); });
    infos.push_back(told_of(HubAccess::main(hub), symbols));
    std::reverse(infos.begin(), infos.end());
    return infos;
}

std::string run_info() {
    std::string text;
    for (const GreenletInfo& info : greenlet_infos()) {
        const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(info.age);
        text += info.name + " (id " + std::to_string(info.id) + "): " + info.state;
        if (!info.waits_for.empty()) text += ", waits for " + info.waits_for;
        text += ", " + std::to_string(age.count()) + " ms old\n";
        for (const std::string& call : info.stack) text += "    " + call + "\n";
    }
    return text;
}

void print_run_info() {
    const std::string text = run_info();
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace grove
