// notes_app.h - the application, apart from the plugin so that the test can call it.
#pragma once

#include <string_view>

#include <grove/plugin.h>

/// @param config  {"database": CONNINFO, "keys": [SECRET, ...], "files": FOLDER, "origins": [...]}
/// @throws std::exception  what is wrong with it: reported as a fault of the configuration
grove::http::Application make_notes(std::string_view config);
