// admin.h - what an operator and his machines ask a worker: /healthz, /readyz, /metrics, /greenlets.
#pragma once

#include <memory>
#include <vector>

#include <grove/http/access_log.h>
#include <grove/http/application.h>
#include <grove/http/wsgi_server.h>

#include "admin_hosts.h"
#include "certificate_expiry.h"
#include "scoreboard.h"

/// GET and HEAD only. /healthz: 200 from a thread that runs; /readyz: 200 while a worker is ready that does not
/// drain and whose thread is not kept from its loop, and no TERM has come, else 503; /metrics: of all workers;
/// /greenlets: of this one, which it names. `board` must outlive it.
/// @param expiries  of the certificates that are shown
grove::http::Application admin_application(const grove::http::Scoreboard& board,
                                           CertificateExpiries expiries);
/// The same of a process that is no worker: what only one can tell is 503.
grove::http::Application stand_in_application(const grove::http::Scoreboard& board);

/// Servers of it, for those hosts alone, on these listening descriptors, started. They share nothing with those of
/// the applications: a full pool and reached limits do not stop them.
std::vector<std::unique_ptr<grove::http::WsgiServer>> start_admin(
    const std::vector<int>& descriptors, const AdminHosts& hosts,
    const grove::http::Application& application, const grove::http::ErrorLog& log);
