// plugin_error.h - why a plugin cannot be had.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

namespace grove::http {

/// A plugin cannot be loaded: "FILE: what was found, what is wanted".
class PluginError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
    ~PluginError() override;
};

/// @throws PluginError  "FILE: reason"
[[noreturn]] void refuse_plugin(const std::filesystem::path& file, const std::string& reason);

}  // namespace grove::http
