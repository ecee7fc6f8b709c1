#include <grove/core/run_info.h>

#include <algorithm>
#include <cstdint>

#include <pthread.h>
#include <unistd.h>

#include <grove/core/waiter.h>

#include "hub_access.h"
#include "symbols.h"

namespace grove {
namespace {

constexpr std::size_t kDeepest = 64;

struct Bounds {
    std::uintptr_t low;
    std::uintptr_t high;
};

Bounds bounds_of(const Context& context) {
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
void walk(std::uintptr_t frame, const Bounds& bounds, std::vector<const void*>& calls) {
    while (calls.size() < kDeepest && frame % sizeof(void*) == 0 && frame >= bounds.low &&
           frame + 2 * sizeof(void*) <= bounds.high) {
        const auto* const words = reinterpret_cast<const std::uintptr_t*>(frame);
        if (words[1] == 0) return;
        calls.push_back(reinterpret_cast<const void*>(words[1]));
        if (words[0] <= frame) return;
        frame = words[0];
    }
}

std::vector<const void*> calls_of(const detail::GreenletState& greenlet, bool running) {
    std::vector<const void*> calls;
    const Context* const context = greenlet.context;
    if (context == nullptr) return calls;
#if defined(__x86_64__)
    if (running) {
        walk(reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)), bounds_of(*context),
             calls);
    } else if (context->saved != nullptr) {
        // What jump_fcontext pushed: MXCSR and x87 word, R12 to R15, RBX, RBP, RIP.
        const auto* const saved = static_cast<const std::uintptr_t*>(context->saved);
        calls.push_back(reinterpret_cast<const void*>(saved[7]));
        walk(saved[6], bounds_of(*context), calls);
    }
#endif
    return calls;
}

const char* state_of(const detail::GreenletState& greenlet, bool running) {
    using Phase = detail::GreenletState::Phase;
    if (running) return "running";
    if (greenlet.phase == Phase::kUnstarted) return "unstarted";
    if (greenlet.phase == Phase::kScheduled) return "scheduled";
    return greenlet.queued() ? "ready" : "blocked";
}

GreenletInfo info_of(detail::GreenletState& greenlet, Symbols& symbols) {
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

std::vector<GreenletInfo> greenlet_infos() {
    Hub& hub = get_hub();
    Symbols symbols;
    std::vector<GreenletInfo> infos;
    HubAccess::for_each_greenlet(
        hub, [&](detail::GreenletState& greenlet) { infos.push_back(info_of(greenlet, symbols)); });
    infos.push_back(info_of(HubAccess::main(hub), symbols));
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
