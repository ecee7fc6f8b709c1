// counter_name.h - what may be told to Prometheus as a name, a help or a label.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace grove::http {

/// Its members are what counter() and gauge() were given.
struct CounterName {
    bool is_gauge = false;
    std::string name{};
    std::string help{};
    std::vector<std::pair<std::string, std::string>> labels{};  ///< Ordered by their names.
};

/// Orders the labels. @throws std::invalid_argument  what counter() forbids, but for the name of another kind
void check_counter_name(CounterName& wanted);

}  // namespace grove::http
