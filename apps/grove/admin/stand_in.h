// stand_in.h - who answers the admin's listener while no worker does.
#pragma once

#include <vector>

#include <grove/core/file_descriptor.h>

#include "admin_hosts.h"
#include "scoreboard.h"

/// Answers on the listening descriptors, which it owns: /healthz 200, as the master lives; /readyz as a worker
/// would, so 503; anything else 503; 421 for a host that is none of `hosts`. In a process of its own; until its
/// channel is closed.
/// @return the exit code
int stand_in(const std::vector<int>& descriptors, grove::FileDescriptor channel,
             const grove::http::Scoreboard& board, const AdminHosts& hosts);
