#include <fstream>
#include <stdexcept>
#include <string_view>

#include <nlohmann/json.hpp>

#include <grove/plugin.h>

#include "@NAME@_app.h"

namespace {

// Each line is a key.
std::vector<std::string> read_keys(const std::string& path) {
    std::ifstream file{path};
    std::vector<std::string> keys;
    for (std::string line; std::getline(file, line);) keys.push_back(line);
    if (keys.empty()) throw std::runtime_error{"there is no key in " + path};
    return keys;
}

// `config` is the application's "config" in grove's configuration, as JSON. What is thrown here is
// reported as a fault of the configuration.
grove::http::Application make(std::string_view config) {
    const nlohmann::json members = nlohmann::json::parse(config);
    return make_app({.title = members.value("title", "Guest book"),
                     .keys = read_keys(members.value("keys", "@NAME@.keys"))});
}

}  // namespace

GROVE_PLUGIN(@NAME@, "0.1.0", make);
