#include "cancel.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <exception>
#include <string>
#include <system_error>

#include <grove/core/connect.h>
#include <grove/core/greenlet.h>
#include <grove/core/hub.h>
#include <grove/core/stream.h>

namespace grove::postgres {
namespace {

constexpr std::uint32_t kLength = 16;
constexpr std::uint32_t kCode = 80877102;
constexpr Duration kPatience = std::chrono::seconds{5};

void append_number(std::string& bytes, std::uint32_t number) {
    for (int shift = 24; shift >= 0; shift -= 8)
        bytes += static_cast<char>((number >> shift) & 0xff);
}

void send_request(const CancelKey& key) {
    std::string request;
    for (const std::uint32_t number : {kLength, kCode, static_cast<std::uint32_t>(key.pid),
                                       static_cast<std::uint32_t>(key.secret)})
        append_number(request, number);
    try {
        Stream stream = connect(key.server, kPatience);
        stream.sendall(request, kPatience);
    } catch (const std::system_error&) {  // the server is gone, and the statement with it
    }
}

int number_at(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    int number = 0;
    const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    text.remove_prefix(static_cast<std::size_t>(stopped - text.data()));
    return error == std::errc{} ? number : 0;
}

}  // namespace

CancelKey cancel_key_in(std::string_view trace) {
    constexpr std::string_view kName = "BackendKeyData";
    const std::size_t found = trace.find(kName);
    if (found == std::string_view::npos) return {};
    trace.remove_prefix(found + kName.size());
    CancelKey key;
    key.pid = number_at(trace);
    key.secret = number_at(trace);
    return key;
}

void request_cancel(const CancelKey& key) noexcept {
    if (key.pid == 0) return;
    try {
        spawn([key] { send_request(key); });
    } catch (const std::exception&) {  // no memory: the statement runs to its end
        get_hub().handle_error("cancelling a statement", std::current_exception());
    }
}

}  // namespace grove::postgres
