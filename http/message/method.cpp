#include "method.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

#include <grove/http/headers.h>

#include "ascii.h"

namespace grove::http {
namespace {

constexpr std::array<std::string_view, 31> kLessUsual{
    "HEAD",      "PUT",         "DELETE",     "OPTIONS",  "PATCH",     "TRACE",  "COPY",
    "LOCK",      "MKCOL",       "MOVE",       "PROPFIND", "PROPPATCH", "SEARCH", "UNLOCK",
    "BIND",      "REBIND",      "UNBIND",     "ACL",      "REPORT",    "MERGE",  "NOTIFY",
    "SUBSCRIBE", "UNSUBSCRIBE", "MKACTIVITY", "CHECKOUT", "M-SEARCH",  "PURGE",  "LINK",
    "UNLINK",    "SOURCE",      "MKCALENDAR"};

}  // namespace

bool detail::is_less_usual_method(std::string_view method) noexcept {
    return std::find(kLessUsual.begin(), kLessUsual.end(), method) != kLessUsual.end();
}

bool ExtraMethods::hold(std::string_view method) const noexcept {
    return std::find(names.begin(), names.end(), method) != names.end();
}

void check_mount_method(std::string_view method) {
    if (!is_token(method)) throw std::invalid_argument{"a method must be a token"};
    if (method == "CONNECT") throw std::invalid_argument{"CONNECT is for proxies alone"};
}

}  // namespace grove::http
