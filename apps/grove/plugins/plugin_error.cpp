#include "plugin_error.h"

namespace grove::http {

PluginError::~PluginError() = default;

void refuse_plugin(const std::filesystem::path& file, const std::string& reason) {
    throw PluginError{file.string() + ": " + reason};
}

}  // namespace grove::http
