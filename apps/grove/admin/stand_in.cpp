#include "stand_in.h"

#include <chrono>

#include <grove/core/fd_wait.h>

#include "admin.h"
#include "exit_codes.h"

using namespace grove;
using namespace grove::http;

int stand_in(const std::vector<int>& descriptors, FileDescriptor channel, const Scoreboard& board,
             const AdminHosts& hosts) {
    const auto servers = start_admin(descriptors, hosts, stand_in_application(board), {});
    wait_readable(channel.get());                         // nothing is ever sent: it is the end
    for (const auto& server : servers) server->retire();  // who has connected may still ask
    for (const auto& server : servers) server->join_connections(std::chrono::seconds{1});
    for (const auto& server : servers) server->stop(Duration::zero());
    return kExitClean;
}
