// @NAME@_app.h - the application, apart from the plugin so that the test can call it.
#pragma once

#include <string>
#include <vector>

#include <grove/http.h>

struct Settings {
    std::string title{};              ///< Of the page.
    std::vector<std::string> keys{};  ///< Of the session's cookie: the first signs, all count.
};

/// @throws std::invalid_argument  no key, or a key under 32 bytes
grove::http::Application make_app(const Settings& settings);
