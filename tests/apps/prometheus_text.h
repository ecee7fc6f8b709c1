// prometheus_text.h - Prometheus' text format 0.0.4, read as strictly as it is written down.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace grove {

struct PrometheusText {
    std::map<std::string, std::string> types{};  ///< By the metric's name.
    std::map<std::string, double> samples{};     ///< By name and labels, as they stand: `a{b="c"}`.

    /// @throws std::runtime_error with the line that breaks a rule
    explicit PrometheusText(std::string_view text);
    /// 0 if it is not there.
    [[nodiscard]] double operator[](const std::string& sample) const;
};

}  // namespace grove
