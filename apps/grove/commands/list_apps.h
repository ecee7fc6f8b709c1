// list_apps.h - `grove apps`.
#pragma once

#include <filesystem>
#include <iosfwd>

/// A line for each plugin in `directory`: its name, version and path. Reads their files, and runs nothing.
/// A file that is called *.so and is no plugin of this grove is named on `errors`.
void list_apps(const std::filesystem::path& directory, std::ostream& out, std::ostream& errors);
