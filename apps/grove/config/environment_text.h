// environment_text.h - texts of a configuration that stand for something of the environment.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace grove::http {

/// What the environment has under a name; nullopt: it has no such name.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// This process's own.
std::optional<std::string> environment_of_process(const std::string& name);

/// A "${" is in it, a literal one too.
bool refers_to_environment(std::string_view text);

/// `text` with each "${NAME}" replaced by what the environment has, and each "${NAME:-default}" too, or by the default
/// if that is nothing or empty. "$${" is a literal "${". What was put in is not looked at again.
/// @throws std::invalid_argument  no default and no such name, a "${" that is no reference, or a value that JSON cannot
///                                have; says which
std::string with_environment(std::string_view text, const Environment& environment);

}  // namespace grove::http
