#include "server_process.h"

#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <grove/core/address.h>
#include <grove/core/detail/listening_socket.h>

namespace grove::test {

std::uint16_t free_port() {
    const FileDescriptor probe = listen_on(Address::ip("127.0.0.1", 0), {.bind_only = true});
    return Address::local_of(probe.get()).port();
}

std::vector<std::string> as_other_user(std::vector<std::string> program) {
    if (::geteuid() != 0) return program;
    std::vector<std::string> all{"/usr/bin/setpriv", "--reuid=nobody", "--regid=nogroup",
                                 "--clear-groups", "--"};
    all.insert(all.end(), program.begin(), program.end());
    return all;
}

void give_to_other_user(const std::string& folder) {
    if (::geteuid() != 0) return;
    const passwd* nobody = ::getpwnam("nobody");  // NOLINT(concurrency-mt-unsafe): one thread
    if (nobody == nullptr || ::chown(folder.c_str(), nobody->pw_uid, nobody->pw_gid) != 0)
        throw std::runtime_error{"cannot give " + folder + " to nobody"};
}

}  // namespace grove::test
