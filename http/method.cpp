#include "method.h"

#include <algorithm>
#include <array>

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
    return std::find(kMethods.begin(), kMethods.end(), method) != kMethods.end();
}

}  // namespace grove::http
