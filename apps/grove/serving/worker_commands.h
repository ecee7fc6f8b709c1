// worker_commands.h - carries out the master's commands in a worker: its servers serve, drain, end.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <grove/core/duration.h>
#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/http/access_log.h>
#include <grove/http/wsgi_server.h>

#include "backdoor.h"
#include "config.h"
#include "logs.h"
#include "worker.h"

using Servers = std::vector<std::unique_ptr<grove::http::WsgiServer>>;

/// How much longer than timeouts.unwind its master is to wait for a worker: who has requests or greenlets that do not
/// end names them, and ends by itself (kExitUnended). It cannot if it does not come back to its loop.
inline constexpr std::chrono::seconds kTimeToName{1};

/// Each phase of the end is a line of the error log, and so is each request that is cut.
/// Thread: the hub's. Must outlive the greenlets that call it.
class WorkerCommands {
public:
    using Command = grove::http::Worker::Command;

    /// @param admin, backdoor  those that are asked until the end
    /// @param master_opens  the logs
    WorkerCommands(const grove::http::Config& config, Servers& servers, Servers& admin,
                   Backdoor& backdoor, const Logs& logs, bool master_opens);

    /// Does what the worker is told, until that is kQuit. Blocks.
    void obey(grove::http::Worker& worker);
    /// To end, in one of its ways. The graver overrules the milder, also when that is under way. Never switches.
    void tell(Command command);
    /// Blocks until told to end, until nothing is served any more, and until what applications began has ended: they can
    /// be destroyed. Where that is not to be had the process ends.
    void until_told();

private:
    void do_beside(Command command, grove::http::Worker& worker);
    void show(grove::http::Worker& worker) const;
    void dump();
    void retire();
    void stop();
    void let_end_who_heeds();
    void cut();
    bool all_end(const std::vector<grove::AnyGreenlet>& stops);
    void end_what_is_left();
    template <class Function>
    bool within_unwind(Function function);
    [[nodiscard]] grove::Timespan time_to_unwind();
    [[nodiscard]] std::string phase_begin() const;
    [[noreturn]] void end_without(const std::string& what);
    [[nodiscard]] std::vector<grove::http::RequestInfo> requests() const;
    void take_what_is_queued();
    void let_newcomers_ask(const grove::Deadline& deadline);
    void close();
    template <class Function>
    bool unless_overruled(Function function);
    bool wait_for_each(const Servers& servers,
                       bool (grove::http::WsgiServer::*join)(grove::Timespan),
                       const grove::Deadline& deadline);
    void say(const std::string& line);
    [[nodiscard]] std::size_t total(std::size_t (grove::http::WsgiServer::*count)()
                                        const noexcept) const;

    const grove::http::Config& config_;
    Servers& servers_;
    Servers& admin_;
    Backdoor& backdoor_;
    const Logs& logs_;
    grove::http::ErrorLog log_;
    bool master_opens_;
    grove::Event told_;
    std::optional<Command> command_;  // the gravest so far
    Command phase_ = Command::kRetire;
    bool retired_ = false;
    grove::Timer::Instant told_at_{};       // whoever comes later may be about to ask
    grove::Deadline unwind_;                // of all that is cut
    std::optional<grove::Deadline> quick_;  // the same, since QUIT
    grove::AnyGreenlet waiting_;            // of unless_overruled()
    grove::AnyGreenlet obeying_;            // of obey()
    grove::AnyGreenlet dumping_;  // of dump(): one at a time, ended with what applications began
    bool dump_asked_ = false;
};
