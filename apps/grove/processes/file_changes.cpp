#include "file_changes.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include <poll.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

namespace grove::http {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// Kubernetes exchanges all files of a volume by this link.
constexpr const char* kVolume = "..data";

/// Folders are watched, not files: what replaces a file is another one.
class Folders {
public:
    [[nodiscard]] int fd() const noexcept { return inotify_.get(); }

    void add(const fs::path& file) {
        const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path{"."};
        // Written to its end, or moved to its place: what begins to be written would be read too early.
        const int number =
            ::inotify_add_watch(inotify_.get(), folder.c_str(), IN_CLOSE_WRITE | IN_MOVED_TO);
        if (number < 0) return;
        names_[number][file.filename().string()] = file.string();
        names_[number].try_emplace(kVolume, file.string());
    }

    /// @return the last file that has changed; "": none of them
    std::string changed() {
        alignas(inotify_event) std::array<char, 4096> events{};
        std::string file;
        const ssize_t size = ::read(inotify_.get(), events.data(), events.size());
        for (ssize_t at = 0; at < size;) {
            const auto* const event = reinterpret_cast<const inotify_event*>(
                events.data() + static_cast<std::size_t>(at));
            at += static_cast<ssize_t>(sizeof *event + event->len);
            if ((event->mask & IN_Q_OVERFLOW) != 0U) file = "a file";  // too many to tell
            const auto folder = names_.find(event->wd);
            if (folder == names_.end() || event->len == 0) continue;
            const auto name = folder->second.find(event->name);
            if (name != folder->second.end()) file = name->second;
        }
        return file;
    }

private:
    FileDescriptor inotify_{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
    std::map<int, std::map<std::string, std::string>> names_;  // of a folder, with their paths
};

int left_until(Clock::time_point when) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(when - Clock::now()).count();
    return static_cast<int>(std::max<std::int64_t>(left, 0));
}

}  // namespace

int tell_changes(const std::vector<std::string>& files, FileDescriptor channel) {
    Folders folders;
    if (folders.fd() < 0) return EXIT_FAILURE;
    for (const std::string& file : files) {
        folders.add(file);
        std::error_code error;
        const fs::path leads_to = fs::canonical(file, error);
        if (!error && leads_to != file) folders.add(leads_to);
    }
    std::string changed;
    Clock::time_point settled{};  // of what has changed
    for (;;) {
        std::array<pollfd, 2> watched{{{.fd = channel.get(), .events = POLLIN, .revents = 0},
                                       {.fd = folders.fd(), .events = POLLIN, .revents = 0}}};
        ::poll(watched.data(), watched.size(), changed.empty() ? -1 : left_until(settled));
        if (watched[0].revents != 0) return EXIT_SUCCESS;
        if (std::string file = folders.changed(); !file.empty()) {
            changed = std::move(file);
            settled = Clock::now() + kTimeToSettle;
        } else if (!changed.empty() && settled <= Clock::now()) {
            ::send(channel.get(), changed.data(), changed.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
            changed.clear();
        }
    }
}

}  // namespace grove::http
