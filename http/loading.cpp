#include "loading.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include <sys/socket.h>

#include <grove/http/config.h>

#include "child_process.h"

namespace grove::http {
namespace {

// What a message is: its first byte.
constexpr char kDoing = 'd';
constexpr char kMayTake = 't';
constexpr char kRefusal = 'f';
constexpr char kFiles = 's';
constexpr char kWhole = 'w';

constexpr std::size_t kMostMessageBytes = 32768;
constexpr std::size_t kMostRefusalBytes = std::size_t{1} << 20U;
constexpr std::size_t kFilesAMessage = 64;
constexpr int kUnusable = 2;  // exit codes of a configuration that is at fault,
constexpr int kFailure = 1;   // and of all else

// Room for descriptors beside a message, as the system aligns it.
struct Beside {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(kFilesAMessage * sizeof(int))> bytes{};
};

void send_message(int channel, char kind, std::string_view text) {
    std::string message{kind};
    message += text.substr(0, kMostMessageBytes - 1);
    while (::send(channel, message.data(), message.size(), MSG_NOSIGNAL) < 0) {
        if (errno != EINTR) throw std::system_error{errno, std::generic_category(), "send"};
    }
}

// At most kFilesAMessage of them.
void send_files(int channel, const int* files, std::size_t count) {
    char kind = kFiles;
    Beside beside;
    iovec text{.iov_base = &kind, .iov_len = 1};
    msghdr message{};
    message.msg_iov = &text;
    message.msg_iovlen = 1;
    message.msg_control = beside.bytes.data();
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    cmsghdr* const head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(count * sizeof(int));
    std::memcpy(CMSG_DATA(head), files, count * sizeof(int));
    while (::sendmsg(channel, &message, MSG_NOSIGNAL) < 0) {
        if (errno != EINTR) throw std::system_error{errno, std::generic_category(), "sendmsg"};
    }
}

void hand_over(int channel, Sources& sources) {
    const std::vector<int> files = sources.descriptors();
    for (std::size_t at = 0; at < files.size(); at += kFilesAMessage)
        send_files(channel, files.data() + at, std::min(kFilesAMessage, files.size() - at));
    send_message(channel, kWhole, "");
}

void refuse(int channel, std::string_view lines) {
    for (; !lines.empty(); lines.remove_prefix(std::min(lines.size(), kMostMessageBytes - 1)))
        send_message(channel, kRefusal, lines);
}

// @return into `files` goes what came beside it; -1: nothing has come
ssize_t receive(int channel, std::string& text, std::vector<FileDescriptor>& files, bool& cut) {
    Beside beside;
    text.resize(kMostMessageBytes);
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

}  // namespace

Loading::Loading(int channel)
    : channel_{channel}, sources_{[channel](const std::string& what) {
          send_message(channel, kDoing, what);
      }} {}

Loading::~Loading() = default;

void Loading::may_take(Timespan time) {
    send_message(channel_, kMayTake, time ? std::to_string(time->count()) : "");
}

int load_in_child(FileDescriptor channel, const std::function<void(Loading&)>& load) {
    try {
        try {
            Loading loading{channel.get()};
            load(loading);
            hand_over(channel.get(), loading.sources());
            return 0;
        } catch (const ConfigError& error) {
            refuse(channel.get(), error.what());
            return kUnusable;
        } catch (const std::exception& error) {
            refuse(channel.get(), std::string{"grove: "} + error.what());
            return kFailure;
        }
    } catch (const std::exception&) {
        return kFailure;  // the master hears nothing any more
    }
}

void LoadingChild::listen(ChildProcess& process) {
    std::string message;
    for (;;) {
        const ssize_t got = receive(process.channel(), message, files_, cut_);
        if (got == 0) process.close_channel();  // it has closed its end; waitpid() tells the rest
        if (got <= 0) return;
        hear(message);
    }
}

void LoadingChild::hear(std::string_view message) {
    const char kind = message[0];
    message.remove_prefix(1);
    if (kind == kDoing) {
        doing_ = message;
    } else if (kind == kMayTake) {
        Duration::rep time = 0;
        std::from_chars(message.data(), message.data() + message.size(), time);
        may_take_ = message.empty() ? Timespan{} : Duration{time};
    } else if (kind == kRefusal) {
        refusal_ += message.substr(0, kMostRefusalBytes - refusal_.size());
    } else if (kind == kWhole) {
        whole_ = true;
    }
}

std::shared_ptr<Sources> LoadingChild::take() {
    if (cut_) throw std::system_error{EMFILE, std::generic_category(), "the configuration's files"};
    if (!whole_) return nullptr;
    return std::make_shared<Sources>(std::move(files_));
}

}  // namespace grove::http
