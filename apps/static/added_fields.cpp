#include "added_fields.h"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace {

using namespace grove::http;

// Those of the connection (RFC 9110 section 7.6.1), and those that static says of a file.
constexpr std::array<std::string_view, 17> kTaken{"connection",
                                                  "keep-alive",
                                                  "te",
                                                  "trailer",
                                                  "transfer-encoding",
                                                  "upgrade",
                                                  "proxy-connection",
                                                  "proxy-authenticate",
                                                  "proxy-authentication-info",
                                                  "accept-ranges",
                                                  "cache-control",
                                                  "content-encoding",
                                                  "content-length",
                                                  "content-range",
                                                  "content-type",
                                                  "etag",
                                                  "last-modified"};

void check_value(const std::string& what, const std::string& value) {
    if (value.empty() || !is_field_value(value))
        throw std::invalid_argument{what + " must have a text without control bytes"};
}

}  // namespace

void AddedFields::add_cache_control(std::string suffix, std::string value) {
    const std::string what = "\"cache_control\": \"" + suffix + "\"";
    if (suffix != "*" && (!suffix.starts_with('.') || suffix.find('/') != std::string::npos))
        throw std::invalid_argument{what + R"( must be a suffix such as ".js", or "*")"};
    check_value(what, value);
    if (suffix == "*") {
        any_cache_control_ = std::move(value);
        return;
    }
    const auto place =
        std::find_if(cache_control_.begin(), cache_control_.end(),
                     [&suffix](const auto& other) { return other.first.size() < suffix.size(); });
    cache_control_.emplace(place, std::move(suffix), std::move(value));
}

void AddedFields::add_header(std::string name, std::string value) {
    const std::string what = "\"headers\": \"" + name + "\"";
    if (!is_token(name)) throw std::invalid_argument{what + " is not the name of a header"};
    const bool taken = std::any_of(kTaken.begin(), kTaken.end(), [&name](std::string_view other) {
        return iequals(name, other);
    });
    if (taken) {
        throw std::invalid_argument{
            what + " cannot be set here: it is the connection's, or grove sets it"};
    }
    check_value(what, value);
    headers_.emplace_back(std::move(name), std::move(value));
}

void AddedFields::append_to(Headers& headers, std::string_view name) const {
    name.remove_prefix(std::min(name.rfind('/') + 1, name.size()));
    const auto found =
        std::find_if(cache_control_.begin(), cache_control_.end(),
                     [name](const auto& suffix) { return name.ends_with(suffix.first); });
    const std::string& value = found != cache_control_.end() ? found->second : any_cache_control_;
    if (!value.empty()) headers.emplace_back("Cache-Control", value);
    headers.insert(headers.end(), headers_.begin(), headers_.end());
}
