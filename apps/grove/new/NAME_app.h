// @NAME@_app.h - the application, apart from the plugin so that the test can call it.
#pragma once

#include <string_view>

#include <grove/plugin.h>

/// @param config  the application's "config" in grove's configuration, as JSON: {"greeting": "Hello"}
/// @throws std::exception  what is wrong with it: reported as a fault of the configuration
grove::http::Application make_@NAME@(std::string_view config);
