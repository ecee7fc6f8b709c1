#include "loading.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <exception>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include <sys/prctl.h>
#include <sys/socket.h>

#include "child_process.h"
#include "sent_files.h"
#include "unusable.h"

namespace grove::http {
namespace {

// What a message is: its first byte.
constexpr char kDoing = 'd';
constexpr char kMayTake = 't';
constexpr char kNamed = 'n';
constexpr char kAllNamed = 'a';
constexpr char kRefusal = 'f';
constexpr char kFiles = 's';
constexpr char kWhole = 'w';

constexpr std::size_t kMostMessageBytes = 32768;
constexpr std::size_t kMostRefusalBytes = std::size_t{1} << 20U;
constexpr std::size_t kMostNamedBytes = std::size_t{1} << 24U;
// One that speaks without pause, as a plugin may, must not keep its master.
constexpr int kMostHeardATurn = 64;
constexpr int kMostHeardInTheEnd =
    1000;                     // more than a channel holds; a child of its own may speak on
constexpr int kUnusable = 2;  // exit codes of a configuration that is at fault,
constexpr int kFailure = 1;   // and of all else

void send_message(int channel, char kind, std::string_view text) {
    std::string message{kind};
    message += text.substr(0, kMostMessageBytes - 1);
    while (::send(channel, message.data(), message.size(), MSG_NOSIGNAL) < 0) {
        if (errno != EINTR) throw std::system_error{errno, std::generic_category(), "send"};
    }
}

void hand_over(int channel, Sources& sources) {
    const std::vector<int> files = sources.descriptors();
    for (std::size_t at = 0; at < files.size(); at += kMostFilesSent) {
        if (!send_files(channel, kFiles, files.data() + at,
                        std::min(kMostFilesSent, files.size() - at)))
            throw std::system_error{errno, std::generic_category(), "sendmsg"};
    }
    send_message(channel, kWhole, "");
}

void send_all(int channel, char kind, std::string_view text) {
    for (; !text.empty(); text.remove_prefix(std::min(text.size(), kMostMessageBytes - 1)))
        send_message(channel, kind, text);
}

// Each path and each stamp ends with a zero, which none of them has.
std::vector<WatchedFile> watched_files_in(std::string_view text) {
    std::vector<WatchedFile> files;
    const auto next = [&text] {
        const std::string_view part = text.substr(0, text.find('\0'));
        text.remove_prefix(std::min(text.size(), part.size() + 1));
        return std::string{part};
    };
    while (!text.empty()) {
        std::string path = next();
        files.push_back({.path = std::move(path), .stamp = next()});
    }
    return files;
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

void Loading::watch(const std::vector<WatchedFile>& files) {
    std::string text;
    for (const WatchedFile& file : files) (text += file.path + '\0') += file.stamp + '\0';
    send_all(channel_, kNamed, text);
    send_message(channel_, kAllNamed, "");
}

int load_in_child(FileDescriptor channel, const std::function<void(Loading&)>& load) {
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);  // no core: it reads keys
    try {
        try {
            Loading loading{channel.get()};
            load(loading);
            hand_over(channel.get(), loading.sources());
            return 0;
        } catch (const Unusable& error) {
            send_all(channel.get(), kRefusal, error.what());
            return kUnusable;
        } catch (const std::exception& error) {
            send_all(channel.get(), kRefusal, std::string{"grove: "} + error.what());
            return kFailure;
        }
    } catch (const std::exception&) {
        return kFailure;  // the master hears nothing any more
    }
}

void LoadingChild::listen(ChildProcess& process) {
    const int most = process.pid() < 0 ? kMostHeardInTheEnd : kMostHeardATurn;
    for (int heard = 0; heard < most; ++heard) {
        std::string message(kMostMessageBytes, '\0');
        const ssize_t got = receive_with_files(process.channel(), message, files_, cut_);
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
    } else if (kind == kNamed) {
        named_ += message.substr(0, kMostNamedBytes - named_.size());
    } else if (kind == kAllNamed) {
        watched_ = watched_files_in(std::exchange(named_, {}));
    } else if (kind == kRefusal) {
        refusal_ += message.substr(0, kMostRefusalBytes - refusal_.size());
    } else if (kind == kWhole) {
        whole_ = true;
    }
}

std::optional<std::vector<WatchedFile>> LoadingChild::take_watched() {
    return std::exchange(watched_, std::nullopt);
}

std::shared_ptr<Sources> LoadingChild::take() {
    if (cut_) throw std::system_error{EMFILE, std::generic_category(), "the configuration's files"};
    if (!whole_) return nullptr;
    return std::make_shared<Sources>(std::move(files_));
}

}  // namespace grove::http
