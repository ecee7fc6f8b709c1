#include <grove/http/mounts.h>

#include <utility>

#include <grove/http/body.h>
#include <grove/http/environ.h>

#include "mount_path.h"

namespace grove::http {
namespace {

Body answer_not_found(StartResponse& start_response) {
    start_response("404 Not Found", {{"Content-Type", "text/plain"}});
    return "Not Found\n";
}

}  // namespace

Mounts::Mounts(std::vector<Mount> mounts) : mounts_{std::move(mounts)} { order_mounts(mounts_); }

Body Mounts::operator()(Environ& environ, StartResponse& start_response) const {
    const std::string_view path = environ["PATH_INFO"];
    const Mount* const mount = find(path);
    if (mount == nullptr) return answer_not_found(start_response);
    if (!mount->path.empty()) {                             // at "/" both stay what they are
        std::string rest{path.substr(mount->path.size())};  // set() may end the view
        environ.set("SCRIPT_NAME", std::string{environ["SCRIPT_NAME"]} + mount->path);
        environ.set("PATH_INFO", std::move(rest));
    }
    return mount->application(environ, start_response);
}

const Mount* Mounts::find(std::string_view path_info) const noexcept {
    return find_mount(mounts_, path_info);
}

}  // namespace grove::http
