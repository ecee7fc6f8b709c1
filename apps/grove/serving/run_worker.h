// run_worker.h - what a worker process does.
#pragma once

#include <memory>

#include <grove/core/detail/tls_ticket_keys.h>
#include <grove/http/sources.h>

#include "config.h"
#include "fair_share.h"
#include "worker.h"
#include "worker_logs.h"

/// What a generation's workers have in common. Cheap to copy.
struct Common {
    std::shared_ptr<const grove::http::Config> config{};
    std::shared_ptr<grove::http::Sources> sources{};
    std::shared_ptr<grove::TlsTicketKeys> ticket_keys{};
    std::shared_ptr<WorkerLogs> logs{};  ///< Null: workers open theirs.
    std::shared_ptr<FairShare> share{};  ///< Of the queues that several workers accept from.
};

/// Loads everything, says it is ready, serves until it is told to end. In a process of its own.
/// @return the exit code; a configuration that cannot be used was told to the master
int run_worker(const Common& common, grove::http::Worker& worker);
