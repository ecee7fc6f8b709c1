#include "read_config.h"

#include <charconv>
#include <map>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include <grove/http/sources.h>

#include "config_error.h"
#include "config_json.h"
#include "config_reader.h"
#include "one_line.h"

namespace grove::http {
namespace {

using Json = nlohmann::ordered_json;
using Faults = std::vector<std::string>;

void find_shared_mounts(const Config& config, const ConfigOrigin& origin, Faults& faults) {
    std::map<std::string, std::string> taken;
    for (std::size_t i = 0; i < config.apps.size(); ++i) {
        const AppConfig& app = config.apps[i];
        if (app.mount.empty()) continue;  // a fault already
        const std::string bare = app.mount.substr(0, app.mount.find_last_not_of('/') + 1);
        const auto [first, free] = taken.emplace(bare, app.place);
        if (!free) {
            faults.push_back(one_line(origin.place("/apps/" + std::to_string(i) + "/mount") +
                                      ": mount \"" + app.mount + "\" is already used by " +
                                      first->second + "; each mount must be unique"));
        }
    }
}

// What one key of a listen object says about another.
void find_listen_faults(const Config& config, const ConfigOrigin& origin, Faults& faults) {
    const auto look = [&](const std::string& address, const std::string& mode,
                          const std::string& place) {
        // No address: it was refused, and told so.
        if (!mode.empty() && !address.empty() && !address.starts_with("unix:"))
            faults.push_back(place + "/mode: is only for a unix socket");
    };
    for (const ListenConfig& listen : config.listen) {
        look(listen.address, listen.mode, listen.place);
        if (listen.proxy_protocol != ProxyProtocol::kNone && config.trusted_proxies.empty()) {
            faults.push_back(listen.place +
                             "/proxy_protocol: needs trusted_proxies: other peers are refused");
        }
        if (listen.h2c && listen.tls)
            faults.push_back(listen.place + "/h2c: is only for an address without tls");
        if (listen.h2c && !config.speaks_http2)
            faults.push_back(listen.place + "/h2c: needs http2, which is false");
    }
    look(config.admin.address, config.admin.mode, origin.place("/admin"));
}

void add_file(const std::filesystem::path& file, Sources& sources, bool apps_required,
              Config& config, Faults& faults) {
    const std::string name = file.string();
    config.place = name;
    std::string text;
    try {
        text = sources.text(file);
    } catch (const std::system_error& error) {
        throw ConfigError{{one_line(name + ": " + error.what())}};
    }
    const Json value = parse_config_json(name, text, faults);
    const ConfigOrigin origin{.directory = file.parent_path().string(),
                              .place =
                                  [&](const std::string& pointer) {
                                      return pointer.empty() ? name : name + ": " + pointer;
                                  },
                              .environment = environment_of_process};
    read_config_value(value, origin, config, faults);
    for (AppConfig& app : config.apps) {
        app.directory = origin.directory;
        for (PluginConfig& around : app.around) around.directory = origin.directory;
    }
    for (PluginConfig& around : config.around) around.directory = origin.directory;
    find_shared_mounts(config, origin, faults);
    find_listen_faults(config, origin, faults);
    for (ListenConfig& listen : config.listen) {
        if (listen.tls && !listen.tls->client_ca.empty() &&
            listen.tls->client == ClientCertificates::kNone)
            listen.tls->client = ClientCertificates::kRequired;
    }
    if (apps_required && value.is_object() && !value.contains("apps"))
        faults.push_back(one_line(name + ": /apps: missing, must have one application or more"));
}

// NAME[:MOUNT]. A path may have a colon too; a mount begins with "/".
Json app_of(const std::string& flag) {
    std::size_t colon = flag.find(":/");
    if (colon == std::string::npos && flag.find('/') == std::string::npos) colon = flag.find(':');
    Json app{{"app", flag.substr(0, colon)}};
    if (colon != std::string::npos) app["mount"] = flag.substr(colon + 1);
    return app;
}

std::string flag_of(const ConfigFlags& flags, const std::string& pointer) {
    constexpr std::string_view kApps = "/apps/";
    if (pointer.starts_with(kApps))
        return "--app " + flags.apps[std::stoul(pointer.substr(kApps.size()))];
    if (pointer.starts_with("/listen")) return "--listen";
    if (pointer == "/pool" || pointer == "/workers") return "--" + pointer.substr(1);
    if (pointer == "/pid_file") return "--pid-file";
    return pointer == "/log/level" ? "--log-level" : "--access-log";
}

// The flags become a value like the file's, so that the same table judges them.
void add_flags(const ConfigFlags& flags, Config& config, Faults& faults) {
    Json value = Json::object();
    if (!flags.listen.empty()) value["listen"] = flags.listen;
    for (const std::string& app : flags.apps) value["apps"].push_back(app_of(app));
    if (flags.workers) {
        std::size_t number = 0;
        const char* const end = flags.workers->data() + flags.workers->size();
        const auto [rest, failure] = std::from_chars(flags.workers->data(), end, number);
        const bool whole = failure == std::errc{} && rest == end;
        value["workers"] = whole ? Json(number) : Json(*flags.workers);
    }
    if (flags.pool) value["pool"] = *flags.pool;
    if (flags.access_log) value["log"]["access"] = *flags.access_log;
    if (flags.log_level) value["log"]["level"] = *flags.log_level;
    if (flags.pid_file) value["pid_file"] = *flags.pid_file;
    const ConfigOrigin origin{
        .place = [&](const std::string& pointer) { return flag_of(flags, pointer); }};
    read_config_value(value, origin, config, faults);
    if (!flags.apps.empty()) find_shared_mounts(config, origin, faults);
}

}  // namespace

Config read_config(const std::filesystem::path& file, const ConfigFlags& flags) {
    Sources sources;
    return read_config(file, flags, sources);
}

Config read_config(const std::filesystem::path& file, const ConfigFlags& flags, Sources& sources) {
    Config config;
    Faults faults;
    if (!file.empty()) {
        add_file(file, sources, flags.apps.empty(), config, faults);
    } else if (flags.apps.empty()) {
        faults.emplace_back("--app: missing, must name one application or more");
    }
    add_flags(flags, config, faults);
    if (!faults.empty()) throw ConfigError{std::move(faults)};
    return config;
}

Config read_config_despite_faults(const std::filesystem::path& file, Faults& faults) {
    Config config;
    Sources sources;
    add_file(file, sources, false, config, faults);
    return config;
}

}  // namespace grove::http
