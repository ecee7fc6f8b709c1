#include <grove/http/mounts.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <grove/http/body.h>
#include <grove/http/environ.h>

namespace grove::http {
namespace {

bool fits(const std::string& mount, std::string_view path) {
    return path.starts_with(mount) && (path.size() == mount.size() || path[mount.size()] == '/');
}

Body answer_not_found(StartResponse& start_response) {
    start_response("404 Not Found", {{"Content-Type", "text/plain"}});
    return "Not Found\n";
}

}  // namespace

Mounts::Mounts(std::vector<Mount> mounts) : mounts_{std::move(mounts)} {
    for (Mount& mount : mounts_) {
        if (!mount.path.starts_with('/')) {
            throw std::invalid_argument{"mount \"" + mount.path + "\": must begin with \"/\""};
        }
        mount.path.resize(mount.path.find_last_not_of('/') + 1);
    }
    std::sort(mounts_.begin(), mounts_.end(), [](const Mount& a, const Mount& b) {
        return a.path.size() != b.path.size() ? a.path.size() > b.path.size() : a.path < b.path;
    });
    const auto twice =
        std::adjacent_find(mounts_.begin(), mounts_.end(),
                           [](const Mount& a, const Mount& b) { return a.path == b.path; });
    if (twice != mounts_.end()) {
        throw std::invalid_argument{"mount \"" + twice->path + "/\": is given twice"};
    }
}

Body Mounts::operator()(Environ& environ, StartResponse& start_response) const {
    const std::string_view path = environ["PATH_INFO"];
    const Mount* const mount = find(path);
    if (mount == nullptr) {
        return answer_not_found(start_response);
    }
    if (!mount->path.empty()) {                             // at "/" both stay what they are
        std::string rest{path.substr(mount->path.size())};  // set() may end the view
        environ.set("SCRIPT_NAME", std::string{environ["SCRIPT_NAME"]} + mount->path);
        environ.set("PATH_INFO", std::move(rest));
    }
    return mount->application(environ, start_response);
}

const Mount* Mounts::find(std::string_view path_info) const noexcept {
    const auto found = std::find_if(mounts_.begin(), mounts_.end(), [&](const Mount& mount) {
        return mount.path.empty() || fits(mount.path, path_info);
    });
    return found == mounts_.end() ? nullptr : &*found;
}

}  // namespace grove::http
