// settings.h - the "config" of the plugin wsgi.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace grove::wsgi {

struct Settings {
    std::string module{};             ///< "pkg.mod:name", or "pkg.mod:make()".
    std::vector<std::string> path{};  ///< Absolute.
    std::string venv{};               ///< Absolute; "": none.
    std::size_t threads = 8;
    std::size_t waiting = 1000;
    std::optional<std::size_t> buffer =
        65536;  ///< nullopt: no body is read before a thread has it.
    std::map<std::string, std::string> environment{};
    std::optional<std::size_t> requests{};
    std::chrono::milliseconds stuck{60'000};
    bool reload = false;
};

/// Relative paths start from the working directory. @throws std::invalid_argument that says what is allowed
[[nodiscard]] Settings read_settings(std::string_view config);

/// The Python that made a virtual environment, "3.11". @throws std::invalid_argument  the folder is not one
[[nodiscard]] std::string python_of_venv(const std::string& venv);

}  // namespace grove::wsgi
