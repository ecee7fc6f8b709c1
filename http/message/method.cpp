#include "method.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

#include <grove/http/headers.h>

#include "ascii.h"

namespace grove::http {
namespace {

constexpr std::array<std::string_view, 33> kMethods{
    "GET",    "POST",   "HEAD",      "PUT",         "DELETE",     "OPTIONS",  "PATCH",
    "TRACE",  "COPY",   "LOCK",      "MKCOL",       "MOVE",       "PROPFIND", "PROPPATCH",
    "SEARCH", "UNLOCK", "BIND",      "REBIND",      "UNBIND",     "ACL",      "REPORT",
    "MERGE",  "NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE", "MKACTIVITY", "CHECKOUT", "M-SEARCH",
    "PURGE",  "LINK",   "UNLINK",    "SOURCE",      "MKCALENDAR"};

}  // namespace

bool is_known_method(std::string_view method) noexcept {
    if (same(method, kMethods.front())) return true;  // hardly any other
    return std::any_of(kMethods.begin() + 1, kMethods.end(),
                       [method](std::string_view known) { return same(method, known); });
}

void check_mount_method(std::string_view method) {
    if (!is_token(method)) throw std::invalid_argument{"a method must be a token"};
    if (method == "CONNECT") throw std::invalid_argument{"CONNECT is for proxies alone"};
}

}  // namespace grove::http
