#include "connection_options.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include <grove/http/headers.h>

namespace {

using grove::http::iequals;

constexpr std::size_t kMostNamed = 64;

// Besides those of RFC 9110: Trailer (trailers are not passed on), and the old names.
constexpr std::array<std::string_view, 7> kAlways{
    "Connection", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "HTTP2-Settings"};

// Proxy-Authenticate, Proxy-Connection, Proxy-Support and whatever else is said to the next proxy. The server refuses
// to send any.
constexpr std::string_view kOfProxies = "Proxy-";

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kSpace = " \t";
    text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
    return text.substr(0, text.find_last_not_of(kSpace) + 1);
}

}  // namespace

void ConnectionOptions::add(std::string_view field) {
    while (!field.empty() && !too_many()) {
        const std::size_t end = std::min(field.find(','), field.size());
        const std::string_view name = trimmed(field.substr(0, end));
        field.remove_prefix(std::min(end + 1, field.size()));
        if (!name.empty() && !iequals(name, "close") && !iequals(name, "keep-alive"))
            named_.push_back(name);
    }
}

bool ConnectionOptions::too_many() const noexcept { return named_.size() > kMostNamed; }

bool ConnectionOptions::names(std::string_view name) const noexcept {
    return std::any_of(named_.begin(), named_.end(),
                       [name](std::string_view named) { return iequals(name, named); });
}

bool ConnectionOptions::has(std::string_view name) const noexcept {
    return names(name) || iequals(name.substr(0, kOfProxies.size()), kOfProxies) ||
           std::any_of(kAlways.begin(), kAlways.end(),
                       [name](std::string_view always) { return iequals(name, always); });
}
