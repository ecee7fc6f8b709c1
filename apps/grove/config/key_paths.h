// key_paths.h - which file a text of the configuration means: a relative path starts from the configuration's directory.
#pragma once

#include <string>

namespace grove::http {

/// A path.
std::string resolve_path(std::string path, const std::string& directory);
/// An address to listen on: the path of a unix socket; other addresses stay as they are.
std::string resolve_address(std::string text, const std::string& directory);
/// A plugin: the path of its file; its name stays as it is.
std::string resolve_plugin(std::string app, const std::string& directory);
/// A log: the path of its file; "-" and "off" stay as they are.
std::string resolve_log(std::string log, const std::string& directory);
/// A path that is absolute afterwards: whoever removes the file must find it from another working
/// directory, too.
std::string resolve_pid_file(std::string path, const std::string& directory);

}  // namespace grove::http
