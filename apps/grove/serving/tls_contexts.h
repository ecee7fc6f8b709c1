// tls_contexts.h - what the listeners of the configuration need to speak TLS.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <grove/core/tls.h>
#include <grove/http/sources.h>

#include "config.h"

/// Opens certificates and keys. Adds a line to `faults` for each listener whose files do not do.
/// @return of each listener; null: it is plain
std::vector<std::shared_ptr<grove::TlsContext>> make_tls_contexts(
    const grove::http::Config& config, grove::http::Sources& sources,
    const std::shared_ptr<grove::TlsTicketKeys>& ticket_keys, std::vector<std::string>& faults);
