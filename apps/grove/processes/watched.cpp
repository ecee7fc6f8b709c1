#include "watched.h"

#include <atomic>
#include <csignal>
#include <cstddef>
#include <span>
#include <utility>

#include <unistd.h>

#include <grove/core/detail/assert.h>
#include <grove/core/hub.h>
#include <grove/core/run_info.h>
#include <grove/http/wsgi_server.h>

#include "former_action.h"
#include "note_of_thread.h"
#include "stack_walk.h"
#include "worker_notes.h"

namespace grove::http {

// SIGURG: what does not handle it ignores it, so that it hurts nobody whom it reaches by mistake. Whoever handled it
// before gets all that is not the master's.
struct Watched::Parts {
    const Worker& worker;
    const std::vector<const WsgiServer*> servers;
    StackSight sight{};
    struct sigaction former {};
    const pid_t process = ::getpid();

    static void on_signal(int number, siginfo_t* info, void* machine) {
        Parts* const parts = current;
        if (parts == nullptr) return;
        const bool is_ours = ::gettid() == parts->process;  // nor is it a forked child's
        if (!is_ours || !parts->answer(machine)) call_handler(parts->former, number, info, machine);
    }

    void note_request(RequestNote& request) const {
        if (note_of_thread(request)) return;
        for (const WsgiServer* server : servers) {
            if (server->note_running_request(request)) return;
        }
    }

    /// @return false: nothing was asked
    bool answer(const void* machine) {
        SampleNote& sample = worker.notes().sample;
        const std::uint32_t asked = sample.asked.load(std::memory_order_acquire);
        if (asked == sample.answered.load(std::memory_order_relaxed)) return false;
        const auto busy_since = worker.notes().heartbeat.busy_since();
        sample.over = !busy_since || busy_since->count() != sample.turn;
        if (!sample.over) {
            sample.request.clear();
            note_request(sample.request);
            const std::span name{sample.greenlet.data(), sample.greenlet.size() - 1};
            sample.greenlet[name_running_greenlet(name)] = '\0';
            sample.stack.take(machine, sight);
        }
        sample.answered.store(asked, std::memory_order_release);
        worker.nudge();
        return true;
    }

    static std::atomic<Parts*> current;  // for the handler, which can be given nothing else
};

std::atomic<Watched::Parts*> Watched::Parts::current{nullptr};

Watched::Watched(const Worker& worker, std::vector<const WsgiServer*> servers)
    : parts_{new Parts{.worker = worker, .servers = std::move(servers)}} {
    Parts* none = nullptr;
    const bool alone = Parts::current.compare_exchange_strong(none, parts_.get());
    GROVE_ASSERT(alone, "there is a Watched already");
    struct sigaction action {};
    action.sa_sigaction = &Parts::on_signal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    ::sigemptyset(&action.sa_mask);
    ::sigaddset(&action.sa_mask,
                SIGABRT);  // it may be told to as soon as it has answered: its stack is below
    ::sigaction(SIGURG, &action, &parts_->former);
    get_hub().loop().show(&worker.notes().heartbeat, [&worker] { worker.nudge(); });
}

Watched::~Watched() {
    get_hub().loop().show(nullptr);
    ::sigaction(SIGURG, &parts_->former, nullptr);
    Parts::current = nullptr;
}

}  // namespace grove::http
