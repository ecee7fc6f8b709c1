// app_keys.h - rows of the table of keys: what the requests of an application have of their own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "config_key.h"

namespace grove::http {

/// @throws std::invalid_argument  such a field cannot be added to an answer, or is there already
void add_own_header(AppConfig& app, std::string name);
/// @throws std::invalid_argument  it cannot be the value of one
void check_own_value(const std::string& value);
/// @throws std::invalid_argument  it cannot stand in "methods"
void check_own_method(const std::string& method);

inline constexpr std::size_t kMostOwnRequests = std::numeric_limits<int>::max();
inline constexpr std::size_t kMostOwnBytes = std::size_t{1} << 53U;

inline constexpr std::array kAppKeys{
    ConfigKey{"/apps/*/timeouts",
              "Time-outs of the application's requests, in seconds; if one is absent, the server's "
              "applies.",
              SectionKey{}},
    ConfigKey{"/apps/*/timeouts/request", "As timeouts.request.",
              OwnSecondsKey{[](Config& c) -> std::optional<Timespan>& {
                  return c.apps.back().own.timeouts.request;
              }}},
    ConfigKey{"/apps/*/timeouts/body", "As timeouts.body.",
              OwnSecondsKey{[](Config& c) -> std::optional<Timespan>& {
                  return c.apps.back().own.timeouts.body;
              }}},
    ConfigKey{"/apps/*/timeouts/write", "As timeouts.write.",
              OwnSecondsKey{[](Config& c) -> std::optional<Timespan>& {
                  return c.apps.back().own.timeouts.write;
              }}},
    ConfigKey{"/apps/*/limits",
              "Limits of the application's requests; if one is absent, the server's applies.",
              SectionKey{}},
    ConfigKey{"/apps/*/limits/body", "As limits.body.",
              OwnCountKey{[](Config& c) -> std::optional<std::uint64_t>& {
                              return c.apps.back().own.limits.body;
                          },
                          kMostOwnBytes, Limits::kUnbounded}},
    ConfigKey{"/apps/*/limits/body_rate", "As limits.body_rate.",
              OwnCountKey{[](Config& c) -> std::optional<std::uint64_t>& {
                              return c.apps.back().own.limits.body_rate;
                          },
                          kMostOwnBytes, 0}},
    ConfigKey{"/apps/*/pool",
              "How many requests of the application run at once in a worker; others wait, and hold "
              "no slot of the server's pool meanwhile.",
              CountKey{[](Config& c) -> std::size_t& { return c.apps.back().pool; }, 1,
                       kMostOwnRequests, 0}},
    ConfigKey{
        "/apps/*/methods",
        "The methods that the application takes, in capitals; methods that grove does not know may "
        "be among them. Other methods are answered with 405. GET stands for HEAD, too.",
        ListKey{
            [](Config& c) { c.apps.back().own.methods.clear(); },
            [](Config& c, std::string) { c.apps.back().own.methods.emplace_back(); },
            [](const Config& c) { return c.apps.empty() || c.apps.back().own.methods.empty(); }}},
    ConfigKey{"/apps/*/methods/*", "A method in capitals, as it is sent.",
              TextKey{[](Config& c) -> std::string& { return c.apps.back().own.methods.back(); },
                      "a method in capitals, and not CONNECT", nullptr, check_own_method,
                      "^(?!CONNECT$)[A-Z][A-Z0-9_-]*$"}},
    ConfigKey{
        "/apps/*/headers",
        "Headers added to the application's answers, unless an answer already has them.",
        MapKey{[](Config& c) { c.apps.back().own.headers.clear(); },
               [](Config& c, std::string name) { add_own_header(c.apps.back(), std::move(name)); },
               "an object with names of headers for its keys", "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"}},
    ConfigKey{
        "/apps/*/headers/*", "The value, or a list of values: one header for each value.",
        TextsKey{{[](Config& c) -> std::string& { return c.apps.back().own.headers.back().second; },
                  "a text of printable ASCII", nullptr, check_own_value, "^[ -~]+$"},
                 [](Config& c) {
                     Headers& headers = c.apps.back().own.headers;
                     headers.emplace_back(headers.back().first, "");
                 }}},
};

}  // namespace grove::http
