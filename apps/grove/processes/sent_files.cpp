#include "sent_files.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>

namespace grove::http {
namespace {

// Room for descriptors beside a message, as the system aligns it.
struct Beside {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(kMostFilesSent * sizeof(int))> bytes{};
};

}  // namespace

bool send_files(int channel, char message, const int* files, std::size_t count,
                int flags) noexcept {
    Beside beside;
    iovec text{.iov_base = &message, .iov_len = 1};
    msghdr all{};
    all.msg_iov = &text;
    all.msg_iovlen = 1;
    all.msg_control = beside.bytes.data();
    all.msg_controllen = CMSG_SPACE(count * sizeof(int));
    cmsghdr* const head = CMSG_FIRSTHDR(&all);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(count * sizeof(int));
    std::memcpy(CMSG_DATA(head), files, count * sizeof(int));
    ssize_t sent = -1;
    do {
        sent = ::sendmsg(channel, &all, MSG_NOSIGNAL | flags);
    } while (sent < 0 && errno == EINTR);
    return sent >= 0;
}

ssize_t receive_with_files(int channel, std::string& text, std::vector<FileDescriptor>& files,
                           bool& cut) {
    Beside beside;
    iovec room{.iov_base = text.data(), .iov_len = text.size()};
    msghdr message{};
    message.msg_iov = &room;
    message.msg_iovlen = 1;
    message.msg_control = beside.bytes.data();
    message.msg_controllen = beside.bytes.size();
    ssize_t got = -1;
    do {
        got = ::recvmsg(channel, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return got;
    text.resize(static_cast<std::size_t>(got));
    cut = cut || (message.msg_flags & MSG_CTRUNC) != 0;
    for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr;
         head = CMSG_NXTHDR(&message, head)) {
        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
        for (std::size_t at = 0; CMSG_LEN(at + sizeof(int)) <= head->cmsg_len; at += sizeof(int)) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(head) + at, sizeof fd);
            files.emplace_back(fd);
        }
    }
    return got;
}

}  // namespace grove::http
