#include "app_keys.h"

#include <algorithm>
#include <stdexcept>

#include <grove/http/headers.h>

#include "method.h"
#include "response_fields.h"

namespace grove::http {

void add_own_header(AppConfig& app, std::string name) {
    check_added_field(name, "");
    Headers& headers = app.own.headers;
    const auto same = std::find_if(headers.begin(), headers.end(), [&name](const auto& header) {
        return iequals(header.first, name);
    });
    if (same != headers.end()) {
        throw std::invalid_argument{"is the header \"" + same->first +
                                    "\" again, must be given once"};
    }
    headers.emplace_back(std::move(name), "");
}

void check_own_value(const std::string& value) {
    if (std::any_of(value.begin(), value.end(), [](char c) { return c < 0x20 || c > 0x7e; }))
        throw std::invalid_argument{"must be printable ASCII"};
}

// In capitals, as all that are registered: "get" is a slip.
void check_own_method(const std::string& method) {
    const auto fits = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    const bool capital = method.front() >= 'A' && method.front() <= 'Z';
    if (!capital || !std::all_of(method.begin(), method.end(), fits))
        throw std::invalid_argument{"is \"" + method + "\", must be a method in capitals"};
    check_mount_method(method);
}

}  // namespace grove::http
