// config_error.h - the fault of a configuration that cannot be used, or of what it names.
#pragma once

#include <string>
#include <vector>

#include "unusable.h"

namespace grove::http {

/// A configuration that cannot be used. Each line says the place, the fault and what is allowed:
/// `FILE: /json/pointer: …`, `FILE:LINE:COLUMN: …` where the file is not JSON, `--flag: …` for a
/// flag.
class ConfigError : public Unusable {
public:
    explicit ConfigError(std::vector<std::string> lines);  ///< At least one line.
    ConfigError(const ConfigError&) = default;
    ConfigError& operator=(const ConfigError&) = default;
    ~ConfigError() override;

    /// The file's lines in the file's order, then the flags'.
    [[nodiscard]] const std::vector<std::string>& lines() const noexcept { return lines_; }

private:
    std::vector<std::string> lines_;
};

}  // namespace grove::http
