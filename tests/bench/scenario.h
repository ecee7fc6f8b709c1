// scenario.h - what scenario_cost measures: a request, and what its application answers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace grove::bench {

/// One of scenario_cost's.
struct Scenario {
    std::string_view name{};
    std::string request{};                    ///< What the client sends at once.
    std::string_view last = "Hello, World!";  ///< What each answer ends with, and has nowhere else.
    int answers = 1;                          ///< To one send.
    bool closes = false;                      ///< A connection for each request.
    bool http2 = false;                       ///< With prior knowledge; `request` begins it.
};

/// All that a client takes part in.
[[nodiscard]] std::vector<Scenario> scenarios();
/// @throws std::invalid_argument if there is none
[[nodiscard]] Scenario scenario(std::string_view name);
/// So many requests of a connection that speaks HTTP/2, from the one of that number on, and room for their answers.
[[nodiscard]] std::string http2_requests(std::uint32_t first, int count);

}  // namespace grove::bench
