#include "serve.h"

#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <sys/resource.h>

#include <grove/http/supervisor.h>

#include "error_line.h"
#include "work.h"

using namespace grove;
using namespace grove::http;

namespace {

// A server wants as many connections as it is allowed to have.
void raise_open_files_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

// The master has few lines and no thread: it opens the file for each.
ErrorLog masters_log(const LogConfig& config) {
    return [error = config.error, quiet = config.level](LogLevel level, std::string_view text) {
        if (error == "off" ||
            (level < LogLevel::kWarn && quiet != "info" && quiet != "debug" && quiet != "trace")) {
            return;
        }
        const std::string line = error_line(level, text, std::chrono::system_clock::now()) + '\n';
        if (error == "-") {
            std::cerr << line << std::flush;
        } else {
            std::ofstream{error, std::ios::app} << line << std::flush;
        }
    };
}

std::size_t worker_count(const Config& config) {
    if (config.workers != Config::kAutoWorkers) return config.workers;
    return std::max(1U, std::thread::hardware_concurrency());
}

Generation generation_of(const Config& config) {
    Generation generation;
    for (const ListenConfig& listen : config.listen) {
        generation.listeners.push_back({.address = listen.address,
                                        .mode = listen.mode,
                                        .defer_accept = listen.defer_accept,
                                        .shared = config.accept == "shared"});
    }
    generation.workers = worker_count(config);
    generation.backlog = static_cast<int>(config.backlog);
    if (config.shutdown)
        generation.patience = *config.shutdown + config.drain_delay.value_or(Duration::zero());
    // Made here, in the master: what is forked from it shares it.
    generation.work = [config, share = std::make_shared<FairShare>(generation.workers)](
                          Worker& worker) { return work(config, worker, *share); };
    generation.log = masters_log(config.log);
    return generation;
}

// Better said than silently not done.
void tell_what_is_not_done(const Config& config) {
    const auto tell = [](const char* key) {
        std::cerr << "grove: warning: " << key << " has no effect in this version" << std::endl;
    };
    if (!config.admin.empty()) tell("/admin");
    if (!config.trusted_proxies.empty()) tell("/trusted_proxies");
}

void announce(const std::string& address, const ListenConfig& listen) {
    const char* const scheme = address.starts_with("unix:") ? ""
                               : listen.tls                 ? "https://"
                                                            : "http://";
    std::cerr << "grove: listening on " << scheme << address << std::endl;
}

}  // namespace

int serve(const std::function<Config()>& read) {
    raise_open_files_limit();
    Config config = read();
    tell_what_is_not_done(config);
    return supervise(
        generation_of(config),
        {.reload =
             [&] {
                 config = read();
                 return generation_of(config);
             },
         .announce = [&](const std::string& address,
                         std::size_t place) { announce(address, config.listen[place]); },
         .refused = [](const std::string& lines) { std::cerr << lines << '\n'; }});
}
