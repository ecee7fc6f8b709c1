#include "config_error.h"

#include <utility>

namespace grove::http {
namespace {

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += text.empty() ? line : "\n" + line;
    return text;
}

}  // namespace

ConfigError::ConfigError(std::vector<std::string> lines)
    : Unusable{joined(lines)}, lines_{std::move(lines)} {}

ConfigError::~ConfigError() = default;

}  // namespace grove::http
