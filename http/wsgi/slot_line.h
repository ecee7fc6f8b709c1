// slot_line.h - complete requests until their application has returned: those that wait for a slot of the pool, first
// come, first served, and those that are served.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include <grove/core/duration.h>
#include <grove/http/request_info.h>

#include "connection.h"
#include "deadline_lines.h"
#include "in_flight.h"
#include "mount_pools.h"
#include "served.h"
#include "slot_task.h"
#include "turn.h"

namespace grove::http {

class AnswerLine;
class BodyLine;
class Handlers;
class RequestReader;
class ServiceLog;
class Slots;
class Unserved;
class WsgiHandler;
struct BufferedBytes;
struct ServiceTerms;

class SlotLine {
public:
    /// All must outlive it.
    struct Parts {
        const ServiceTerms& terms;
        Handlers& handlers;
        std::size_t stack_bytes;
        ServiceLog& log;
        InFlight& in_flight;
        Slots& slots;
        BufferedBytes& buffered;
        BodyLine& bodies;
        AnswerLine& answers;
        Unserved& unserved;
        RequestReader& reader;
        WsgiHandler& handler;
    };
    explicit SlotLine(const Parts& parts);
    SlotLine(const SlotLine&) = delete;
    SlotLine& operator=(const SlotLine&) = delete;
    ~SlotLine();

    /// A complete request: served now if there is a slot and nobody waits for one, else in line. If that throws, the
    /// request is refused.
    void enqueue(Connection& connection);
    /// The same of a task, which takes turns with the requests in line. It may be dropped at once. The caller keeps it
    /// until this returns.
    void enqueue(SlotTask& task) noexcept;
    /// Drops tasks that wait, and all that come: nobody would wait for them. @param refuses  or takes them again
    void refuse_tasks(bool refuses) noexcept;
    [[nodiscard]] bool refuses_tasks() const noexcept { return refuses_tasks_; }

    /// The caller waits for a client, of whatever connection: if it has a slot of any server of this thread, it loses
    /// that once it has waited so for timeouts.write_slot in total. Its own client ClientWaits waits for.
    /// @param wait  blocks at most so long, and is called again until it returns true @throws what that throws
    static void wait_without_slot(const std::function<bool(Timespan)>& wait);

    /// Waits until none runs or waits for a slot. @return false: `timeout` passed first
    bool join(Timespan timeout);
    /// Refuses those that wait, and kills those that run.
    void kill();
    /// Closes those that wait in line. @pre none runs
    void close_all() noexcept;

    [[nodiscard]] std::size_t running() const noexcept { return parts_.in_flight.count(); }
    /// Those that run first.
    [[nodiscard]] std::vector<RequestInfo> requests() const;
    /// As WsgiServer says.
    bool note_running_request(RequestNote& note) const noexcept { return served_.note(note); }

private:
    class Serving;
    class Running;

    /// In a greenlet with a slot: serves until the connection parks, closes or goes to the end of the line.
    /// `connection` becomes nullptr when it is no longer the caller's.
    void serve(Connection*& connection, Turn& turn);
    /// A slot is free again, if there was one. `unserved`: the connection, if its turn ended before it was answered.
    void end_turn(Connection* unserved, Slot slot) noexcept;
    void expire(Connection& connection);
    void line_up(Connection& connection);
    void refuse_unqueued(Connection& connection) noexcept;
    void await_slot(Connection& connection, Timer::Instant since);
    void serve_next();
    void start(Connection& connection);
    void start(SlotTask& task);
    void await_room();
    void drop_tasks() noexcept;
    void drop(SlotTask& task) noexcept;
    [[nodiscard]] bool lose_slot(Connection* connection, Turn& turn);
    [[nodiscard]] Turn* turn_of(std::uint64_t greenlet) noexcept;
    /// @return false: it still waits, and has no slot to lose
    bool wait_with_slot(std::uint64_t caller, const std::function<bool(Timespan)>& wait);

    const Parts parts_;
    SlotLine* older_ = nullptr;  // of this thread
    DeadlineLines queue_;
    MountPools mount_pools_;  // before that
    boost::intrusive::list<SlotTask, boost::intrusive::constant_time_size<false>> tasks_;
    boost::intrusive::list<Turn, boost::intrusive::constant_time_size<false>> task_turns_;
    bool refuses_tasks_ = false;
    bool serves_in_hub_ = false;  // of Spawn::none: what runs now is called by serve_next()
    bool was_task_ = false;       // what was started last
    Served served_;
};

}  // namespace grove::http
