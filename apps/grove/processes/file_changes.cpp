#include "file_changes.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <list>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include <poll.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace grove::http {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int kMostLinks = 40;  // on the way to a file, as the kernel has it

/// Of each file, every name on the way to it is watched in its folder, and where it is a link, on the way that this
/// leads: whatever is replaced there makes the file another one. Kubernetes exchanges all files of a volume by the link
/// "..data" between them and their folder.
class Ways {
public:
    /// @param files  lent
    explicit Ways(const std::vector<WatchedFile>& files) : files_{files} { watch(); }

    [[nodiscard]] int fd() const noexcept { return inotify_.get(); }

    /// @return the last file that has changed, and is there; "": none of them
    std::string changed() {
        alignas(inotify_event) std::array<char, 4096> events{};
        std::vector<std::string> files;
        bool other_ways = false;
        const ssize_t size = ::read(inotify_.get(), events.data(), events.size());
        for (ssize_t at = 0; at < size;) {
            const auto* const event = reinterpret_cast<const inotify_event*>(
                events.data() + static_cast<std::size_t>(at));
            at += static_cast<ssize_t>(sizeof *event + event->len);
            if ((event->mask & IN_Q_OVERFLOW) != 0U) {  // too many to tell
                watch();
                return "a file";
            }
            const std::set<std::string>* const known = files_by(*event);
            if (known == nullptr) continue;
            files.insert(files.end(), known->begin(), known->end());
            other_ways = other_ways || (event->mask & (IN_MOVED_TO | IN_CREATE)) != 0U;
        }
        if (other_ways) watch();
        const auto is_there = [](const std::string& file) {
            std::error_code error;
            return fs::exists(file, error);
        };
        const auto last = std::find_if(files.rbegin(), files.rend(), is_there);
        return last == files.rend() ? "" : *last;
    }

private:
    struct Folder {
        fs::path path{};
        std::map<std::string, std::set<std::string>> files{};  // by a name that is on their ways
    };

    /// @return null: it is of no file's way, or what it tells of has only begun to be written
    [[nodiscard]] const std::set<std::string>* files_by(const inotify_event& event) const {
        const auto folder = folders_.find(event.wd);
        if (folder == folders_.end() || event.len == 0) return nullptr;
        const auto files = folder->second.files.find(event.name);
        if (files == folder->second.files.end()) return nullptr;
        std::error_code error;
        const bool whole = (event.mask & IN_CREATE) == 0U || (event.mask & IN_ISDIR) != 0U ||
                           fs::is_symlink(folder->second.path / event.name, error);
        return whole ? &files->second : nullptr;
    }

    void watch() {
        const std::map<int, Folder> before = std::exchange(folders_, {});
        for (const WatchedFile& file : files_) follow(file.path);
        for (const auto& [number, folder] : before) {
            if (!folders_.contains(number)) ::inotify_rm_watch(inotify_.get(), number);
        }
    }

    void follow(const std::string& file) {
        std::error_code error;
        const fs::path whole = fs::absolute(file, error);
        std::list<fs::path> steps{whole.begin(), whole.end()};
        fs::path folder;
        for (int links = 0; !steps.empty();) {
            const fs::path step = std::move(steps.front());
            steps.pop_front();
            if (step.is_absolute()) folder = step;
            if (step == "..") folder = folder.parent_path();
            if (step.is_absolute() || step.empty() || step == "." || step == "..") continue;
            add(folder, step, steps.empty(), file);  // first: what changes from here on is seen
            const fs::path there = folder / step;
            const fs::file_type type = fs::symlink_status(there, error).type();
            if (type == fs::file_type::symlink && ++links <= kMostLinks) {
                const fs::path target = fs::read_symlink(there, error);
                steps.insert(steps.begin(), target.begin(), target.end());
            } else if (type == fs::file_type::directory) {
                folder = there;
            } else {
                return;
            }
        }
    }

    void add(const fs::path& folder, const fs::path& name, bool is_file, const std::string& file) {
        // Written to its end, or moved to its place: what begins to be written would be read too early. Links and
        // folders are whole when they are made.
        const std::uint32_t events = IN_MOVED_TO | IN_CREATE | (is_file ? IN_CLOSE_WRITE : 0U);
        const int number =
            ::inotify_add_watch(inotify_.get(), folder.c_str(), events | IN_MASK_ADD | IN_ONLYDIR);
        if (number < 0) return;
        Folder& one = folders_[number];
        one.path = folder;
        one.files[name.string()].insert(file);
    }

    const std::vector<WatchedFile>& files_;
    FileDescriptor inotify_{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
    std::map<int, Folder> folders_;
};

int left_until(Clock::time_point when) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(when - Clock::now()).count();
    return static_cast<int>(std::max<std::int64_t>(left, 0));
}

// @return "": none of them, or it is not there
std::string changed_since_its_stamp(const std::vector<WatchedFile>& files) {
    for (const WatchedFile& file : files) {
        const std::string now = stamp_of(file.path);
        if (!now.empty() && now != file.stamp) return file.path;
    }
    return "";
}

}  // namespace

std::string stamp_of(const std::string& path) {
    struct stat file {};
    if (::stat(path.c_str(), &file) != 0) return "";
    return std::to_string(file.st_dev) + ":" + std::to_string(file.st_ino) + ":" +
           std::to_string(file.st_size) + ":" + std::to_string(file.st_mtim.tv_sec) + "." +
           std::to_string(file.st_mtim.tv_nsec);
}

int tell_changes(const std::vector<WatchedFile>& files, FileDescriptor channel) {
    Ways ways{files};
    if (ways.fd() < 0) return EXIT_FAILURE;
    // After the watches: what changes from here on is seen.
    std::string changed = changed_since_its_stamp(files);
    Clock::time_point settled = Clock::now() + kTimeToSettle;  // what has changed
    for (;;) {
        std::array<pollfd, 2> watched{{{.fd = channel.get(), .events = POLLIN, .revents = 0},
                                       {.fd = ways.fd(), .events = POLLIN, .revents = 0}}};
        ::poll(watched.data(), watched.size(), changed.empty() ? -1 : left_until(settled));
        if (watched[0].revents != 0) return EXIT_SUCCESS;
        if (std::string file = ways.changed(); !file.empty()) {
            changed = std::move(file);
            settled = Clock::now() + kTimeToSettle;
        } else if (!changed.empty() && settled <= Clock::now()) {
            ::send(channel.get(), changed.data(), changed.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
            changed.clear();
        }
    }
}

}  // namespace grove::http
