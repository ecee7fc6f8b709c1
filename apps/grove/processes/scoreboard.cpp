#include "scoreboard.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <sys/mman.h>

#include "log_text.h"
#include "report_text.h"
#include "worker_notes.h"

namespace grove::http {

// Apart from its neighbours': workers write them all the time.
struct alignas(64) Scoreboard::Slot {
    ServerMetrics metrics;
    WorkerNotes notes;
    CounterValues counters;
};

struct Scoreboard::Shared {
    Tally restarts;
    std::atomic<bool> last_reload_successful{true};
    std::atomic<bool> draining{false};
    std::atomic<Duration::rep> blocking{Duration{std::chrono::milliseconds{500}}.count()};
    Tally blocking_nanoseconds;
    std::atomic<std::size_t> used{
        0};  // places that ever had a worker: the memory of others is not touched
};

namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kTableBegin = kPage;
constexpr std::size_t kSlotsBegin =
    kTableBegin + (sizeof(CounterTable) + kPage - 1) / kPage * kPage;
constexpr std::uint64_t kUnbounded = ServerMetrics::kUnbounded;

}  // namespace

Scoreboard::Scoreboard() {
    static_assert(sizeof(Shared) <= kTableBegin);
    // Of the large range only what is used becomes memory.
    void* const memory =
        ::mmap(nullptr, kSlotsBegin + kMostPlaces * sizeof(Slot), PROT_READ | PROT_WRITE,
               MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        throw std::system_error{errno, std::generic_category(),
                                "cannot map shared memory for the workers"};
    }
    shared_ = new (memory) Shared;
    new (static_cast<char*>(memory) + kTableBegin) CounterTable;
}

Scoreboard::~Scoreboard() { ::munmap(shared_, kSlotsBegin + kMostPlaces * sizeof(Slot)); }

CounterTable& Scoreboard::table() const noexcept {
    char* const table = reinterpret_cast<char*>(shared_) + kTableBegin;
    return *std::launder(reinterpret_cast<CounterTable*>(table));
}

Scoreboard::Slot& Scoreboard::slot(std::size_t index) const noexcept {
    char* const slots = reinterpret_cast<char*>(shared_) + kSlotsBegin;
    return *std::launder(reinterpret_cast<Slot*>(slots + index * sizeof(Slot)));
}

Scoreboard::Place Scoreboard::take() {
    if (!free_.empty()) {
        const std::size_t index = free_.back();
        free_.pop_back();
        return {*this, index};
    }
    if (taken_ == kMostPlaces) throw std::runtime_error{"there are too many workers"};
    free_.reserve(taken_ + 1);  // giving it back must not fail
    const std::size_t index = taken_++;
    new (&slot(index)) Slot;
    shared_->used.store(taken_, std::memory_order_release);
    return {*this, index};
}

// A worker that ran wild may have written there. Memory that nobody used is zeros, which count nothing.
std::size_t Scoreboard::used() const noexcept {
    return std::min(shared_->used.load(std::memory_order_acquire), kMostPlaces);
}

void Scoreboard::count_restart() noexcept { shared_->restarts.add(); }
void Scoreboard::set_last_reload(bool successful) noexcept {
    shared_->last_reload_successful = successful;
}
void Scoreboard::set_draining() noexcept { shared_->draining = true; }

void Scoreboard::set_blocking(Duration least) noexcept { shared_->blocking = least.count(); }
void Scoreboard::count_blocking(Duration more) noexcept {
    shared_->blocking_nanoseconds.add(static_cast<std::uint64_t>(more.count()));
}

MetricTotals Scoreboard::totals() const noexcept {
    MetricTotals totals;
    std::uint64_t nanoseconds = 0;
    const Duration now = std::chrono::steady_clock::now().time_since_epoch();
    const std::size_t places = used();
    for (std::size_t index = 0; index < places; ++index) {
        const ServerMetrics& metrics = slot(index).metrics;
        for (std::size_t i = 0; i < totals.requests.size(); ++i)
            totals.requests[i] += metrics.requests[i].value();
        for (std::size_t i = 0; i < totals.durations.size(); ++i)
            totals.durations[i] += metrics.durations[i].value();
        nanoseconds += metrics.duration_nanoseconds.value();
        totals.connections += metrics.connections.value();
        totals.idle += metrics.idle.value();
        totals.in_flight += metrics.in_flight.value();
        totals.pool_in_use += metrics.pool_in_use.value();
        totals.slow += metrics.slow.value();
        totals.detached += metrics.detached.value();
        totals.event_streams += metrics.event_streams.value();
        totals.websockets += metrics.websockets.value();
        totals.websocket_messages_in += metrics.websocket_messages_in.value();
        totals.websocket_messages_out += metrics.websocket_messages_out.value();
        for (std::size_t i = 0; i < totals.websocket_closes.size(); ++i)
            totals.websocket_closes[i] += metrics.websocket_closes[i].value();
        totals.http2_connections += metrics.http2_connections.value();
        totals.http2_streams_refused += metrics.http2_streams_refused.value();
        totals.http2_client_resets += metrics.http2_client_resets.value();
        totals.http2_server_resets += metrics.http2_server_resets.value();
        for (std::size_t i = 0; i < totals.http2_goaways.size(); ++i)
            totals.http2_goaways[i] += metrics.http2_goaways[i].value();
        totals.unkillable += metrics.unkillable.value();
        totals.access_lines_lost += slot(index).notes.lost.access.value();
        totals.error_lines_lost += slot(index).notes.lost.error.value();
        const std::uint64_t size = metrics.pool_size.value();
        const bool unbounded = size == kUnbounded || totals.pool_size == kUnbounded;
        totals.pool_size = unbounded ? kUnbounded : totals.pool_size + size;
        count_state(slot(index).notes, now, totals);
    }
    totals.duration = Duration{static_cast<Duration::rep>(nanoseconds)};
    totals.blocking = Duration{static_cast<Duration::rep>(shared_->blocking_nanoseconds.value())};
    return totals;
}

void Scoreboard::count_state(const WorkerNotes& notes, Duration now,
                             MetricTotals& totals) const noexcept {
    const auto busy_since = notes.heartbeat.busy_since();
    const bool blocked = busy_since && now - *busy_since >= Duration{shared_->blocking};
    switch (notes.state) {
        case WorkerNotes::State::kLoading:
            return;
        case WorkerNotes::State::kReady:
            ++(blocked ? totals.blocked : totals.ready);
            return;
        case WorkerNotes::State::kDraining:
            ++(blocked ? totals.blocked : totals.draining);
            return;
    }
}

std::vector<pid_t> Scoreboard::workers() const {
    std::vector<pid_t> pids;
    const std::size_t places = used();
    for (std::size_t index = 0; index < places; ++index) {
        if (const pid_t pid = slot(index).notes.pid; pid != 0) pids.push_back(pid);
    }
    return pids;
}

CounterTable& Scoreboard::counters() noexcept { return table(); }

std::vector<CounterTotal> Scoreboard::counter_totals() const {
    std::vector<CounterTotal> totals;
    const std::size_t names = table().size();
    const std::size_t places = used();
    for (std::size_t place = 0; place < names; ++place) {
        double sum = 0;
        for (std::size_t index = 0; index < places; ++index)
            sum += slot(index).counters.all[place].load(std::memory_order_relaxed);
        totals.push_back({table().at(place), sum});
    }
    return totals;
}

std::uint64_t Scoreboard::restarts() const noexcept { return shared_->restarts.value(); }
bool Scoreboard::last_reload_successful() const noexcept { return shared_->last_reload_successful; }
bool Scoreboard::draining() const noexcept { return shared_->draining; }

// ---- places

Scoreboard::Place::Place(Place&& other) noexcept
    : board_{std::exchange(other.board_, nullptr)}, index_{other.index_} {}

// The worker is dead. What it counted stays; what it had open is no more.
Scoreboard::Place::~Place() {
    if (board_ == nullptr) return;
    ServerMetrics& dead = metrics();
    for (Tally* gauge : {&dead.connections, &dead.idle, &dead.in_flight, &dead.pool_in_use,
                         &dead.slow, &dead.detached, &dead.event_streams, &dead.websockets,
                         &dead.http2_connections, &dead.pool_size})
        gauge->set(0);
    const CounterTable& names = board_->table();
    for (std::size_t place = 0; place < names.size(); ++place) {
        if (names.is_gauge(place)) counter_values().all[place] = 0;
    }
    dead.note.clear();
    dead.overflow.clear();
    const std::uint64_t access = notes().lost.access.value();
    const std::uint64_t error = notes().lost.error.value();
    new (&notes()) WorkerNotes;
    notes().lost.access.set(access);
    notes().lost.error.set(error);
    board_->free_.push_back(index_);
}

std::string Scoreboard::Place::last_words() const {
    const ServerMetrics& dead = metrics();
    const std::string overflow = dead.overflow.text();
    const std::string why = overflow.empty() ? "" : ": " + escaped(overflow);
    const std::uint64_t in_flight = dead.in_flight.value();
    const RequestNote& of_thread = notes().crash_thread;
    if (in_flight == 0 && !of_thread.certain()) return why;
    const RequestNote& note = of_thread.certain() ? of_thread : dead.note;
    const std::string request = escaped(note.text());
    std::string text = note.certain() ? " while it ran " + request : "";
    if (of_thread.certain() && !note.id().empty()) text += " (request " + escaped(note.id()) + ")";
    if (note.certain()) text += stream_text(note.stream(), ", stream ") + ",";
    text += " with " + std::to_string(in_flight);
    text += in_flight == 1 ? " request in flight" : " requests in flight";
    if (!request.empty() && !note.certain()) text += ", the last begun " + request;
    return text + why;
}

ServerMetrics& Scoreboard::Place::metrics() const noexcept { return board_->slot(index_).metrics; }
CounterValues& Scoreboard::Place::counter_values() const noexcept {
    return board_->slot(index_).counters;
}
WorkerNotes& Scoreboard::Place::notes() const noexcept { return board_->slot(index_).notes; }

}  // namespace grove::http
