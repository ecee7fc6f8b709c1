#include "crash_notes.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <utility>

#include <unistd.h>

#include <grove/core/detail/assert.h>
#include <grove/http/wsgi_server.h>

#include "former_action.h"
#include "note_of_thread.h"
#include "stack_walk.h"
#include "worker_notes.h"

namespace grove::http {
namespace {

constexpr std::array kCrashes{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

}  // namespace

struct CrashNotes::Parts {
    const Worker& worker;
    std::vector<const WsgiServer*> servers{};
    StackSight sight{};
    std::array<struct sigaction, kCrashes.size()> former{};
    const pid_t process = ::getpid();

    static void on_signal(int number, siginfo_t* info, void* machine) {
        // A child that an application has forked, or vforked: its end is not the worker's.
        if (const Parts* const parts = current; parts != nullptr && parts->process != ::getpid())
            return parts->go_on(number, info, machine);
        Parts* const parts = current.exchange(nullptr);  // what fails in here is noted no more
        if (parts == nullptr) {
            ::signal(number, SIG_DFL);
            return;
        }
        note_of_thread(parts->worker.notes().crash_thread);
        if (::gettid() == ::getpid()) {  // other threads have no requests but by their notes
            const bool of_request = parts->note_request();
            if (number == SIGSEGV) parts->worker.metrics().overflow.take(info->si_addr, of_request);
        }
        parts->worker.notes().crash.take(machine, parts->sight);
        parts->go_on(number, info, machine);
    }

    // @return false: no request runs
    bool note_request() const {
        return std::any_of(servers.begin(), servers.end(), [&](const WsgiServer* server) {
            return server->note_running_request(worker.metrics().note);
        });
    }

    // With what would have happened without us.
    void go_on(int number, siginfo_t* info, void* machine) const {
        std::size_t place = 0;
        while (kCrashes[place] != number) ++place;
        const struct sigaction& before = former[place];
        ::sigaction(number, &before, nullptr);
        if (call_handler(before, number, info, machine)) return;
        // If it was not sent, the fault comes again, and ends the process.
        if (info->si_code <= 0) ::raise(number);
    }

    static std::atomic<Parts*> current;  // for the handler, which can be given nothing else
};

std::atomic<CrashNotes::Parts*> CrashNotes::Parts::current{nullptr};

CrashNotes::Servers::Servers(CrashNotes& notes, std::vector<const WsgiServer*> servers)
    : notes_{notes} {
    notes_.parts_->servers = std::move(servers);
}

CrashNotes::Servers::~Servers() { notes_.parts_->servers.clear(); }

CrashNotes::CrashNotes(const Worker& worker) : parts_{new Parts{.worker = worker}} {
    Parts* none = nullptr;
    const bool alone = Parts::current.compare_exchange_strong(none, parts_.get());
    GROVE_ASSERT(alone, "there are CrashNotes already");
    struct sigaction action {};
    action.sa_sigaction = &Parts::on_signal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    ::sigemptyset(&action.sa_mask);
    for (std::size_t i = 0; i < kCrashes.size(); ++i)
        ::sigaction(kCrashes[i], &action, &parts_->former[i]);
}

CrashNotes::~CrashNotes() {
    for (std::size_t i = 0; i < kCrashes.size(); ++i)
        ::sigaction(kCrashes[i], &parts_->former[i], nullptr);
    Parts::current = nullptr;
}

}  // namespace grove::http
