#include "settings.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <nlohmann/json.hpp>

namespace grove::wsgi {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::size_t kMostThreads = 1000;
constexpr std::size_t kMostWaiting = 1'000'000;
constexpr std::size_t kLargestBuffer = 16 * 1024 * 1024;
constexpr std::size_t kMostRequests = 1'000'000'000;
constexpr double kLongestStuck = 86'400;

[[noreturn]] void refuse(const char* key, const std::string& allowed) {
    throw std::invalid_argument{"\"" + std::string{key} + "\" must be " + allowed};
}

std::size_t number_of(const json& value, const char* key, std::size_t least, std::size_t most,
                      const char* or_else = "") {
    const auto allowed = [&] {
        return "a whole number from " + std::to_string(least) + " to " + std::to_string(most) +
               or_else;
    };
    if (!value.is_number_integer()) refuse(key, allowed());
    const auto number = value.get<std::int64_t>();
    if (number < static_cast<std::int64_t>(least) || number > static_cast<std::int64_t>(most))
        refuse(key, allowed());
    return static_cast<std::size_t>(number);
}

std::string text_of(const json& value, const char* key, const char* allowed) {
    if (!value.is_string() || value.get_ref<const std::string&>().empty()) refuse(key, allowed);
    std::string text = value;
    if (text.find('\0') != std::string::npos) refuse(key, "a text without zero bytes");
    return text;
}

std::string absolute(const std::string& path) { return fs::absolute(path).lexically_normal(); }

std::vector<std::string> paths_of(const json& value) {
    constexpr const char* kAllowed = "a list of folders";
    if (!value.is_array()) refuse("path", kAllowed);
    std::vector<std::string> paths;
    for (const json& one : value) {
        const std::string path = text_of(one, "path", kAllowed);
        if (!fs::exists(path))
            throw std::invalid_argument{"\"path\": there is no \"" + absolute(path) + "\""};
        paths.push_back(absolute(path));
    }
    return paths;
}

std::map<std::string, std::string> environment_of(const json& value) {
    constexpr const char* kAllowed =
        "an object of names and texts; a name has neither '=' nor zero bytes";
    if (!value.is_object()) refuse("environment", kAllowed);
    std::map<std::string, std::string> environment;
    for (const auto& [name, text] : value.items()) {
        const bool bad_name =
            name.empty() || name.find_first_of(std::string_view{"=\0", 2}) != name.npos;
        if (bad_name || !text.is_string()) refuse("environment", kAllowed);
        environment.emplace(name, text);
        if (environment[name].find('\0') != std::string::npos) refuse("environment", kAllowed);
    }
    return environment;
}

std::chrono::milliseconds stuck_of(const json& value) {
    const double seconds = value.is_number() ? value.get<double>() : 0;
    if (!(seconds >= 0.001 && seconds <= kLongestStuck))
        refuse("stuck", "a number of seconds from 0.001 to 86400");
    return std::chrono::milliseconds{std::llround(seconds * 1000)};
}

void take(Settings& settings, const std::string& key, const json& value) {
    if (key == "module") {
        settings.module = text_of(value, "module", "\"package.module:name\"");
    } else if (key == "path") {
        settings.path = paths_of(value);
    } else if (key == "venv") {
        if (!value.is_null()) settings.venv = absolute(text_of(value, "venv", "a folder, or null"));
    } else if (key == "threads") {
        settings.threads = number_of(value, "threads", 1, kMostThreads);
    } else if (key == "waiting") {
        settings.waiting = number_of(value, "waiting", 0, kMostWaiting);
    } else if (key == "buffer") {
        settings.buffer.reset();
        if (!value.is_null())
            settings.buffer = number_of(value, "buffer", 0, kLargestBuffer, ", or null");
    } else if (key == "environment") {
        settings.environment = environment_of(value);
    } else if (key == "requests") {
        settings.requests.reset();
        if (!value.is_null())
            settings.requests = number_of(value, "requests", 1, kMostRequests, ", or null");
    } else if (key == "stuck") {
        settings.stuck = stuck_of(value);
    } else if (key == "reload") {
        if (!value.is_boolean()) refuse("reload", "true or false");
        settings.reload = value;
    } else {
        throw std::invalid_argument{
            "\"" + key +
            "\" is not a key of wsgi, must be one of module, path, venv, "
            "threads, waiting, buffer, environment, requests, stuck and reload"};
    }
}

std::string trimmed(const std::string& text) {
    const std::size_t first = text.find_first_not_of(" \t\r");
    if (first == std::string::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

}  // namespace

Settings read_settings(std::string_view config) {
    const json object = json::parse(config);
    if (!object.is_object()) throw std::invalid_argument{"\"config\" must be an object"};
    Settings settings;
    for (const auto& [key, value] : object.items()) take(settings, key, value);
    if (settings.module.empty()) {
        throw std::invalid_argument{
            "\"module\" is missing: the application as \"package.module:name\""};
    }
    return settings;
}

std::string python_of_venv(const std::string& venv) {
    std::ifstream file{fs::path{venv} / "pyvenv.cfg"};
    for (std::string line; std::getline(file, line);) {
        const std::size_t equals = line.find('=');
        if (equals == std::string::npos) continue;
        const std::string key = trimmed(line.substr(0, equals));
        if (key != "version" && key != "version_info") continue;  // venv's, virtualenv's
        const std::string version = trimmed(line.substr(equals + 1));
        const std::size_t minor = version.find('.');
        if (minor == std::string::npos) break;
        return version.substr(0, version.find('.', minor + 1));
    }
    throw std::invalid_argument{
        "\"venv\": \"" + venv +
        "\" is not a virtual environment: it has no pyvenv.cfg that tells its version"};
}

}  // namespace grove::wsgi
