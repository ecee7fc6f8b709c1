// grove - the server binary: command line, configuration, applications, servers.
#include <exception>
#include <filesystem>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <grove/core/detail/secret_memory.h>

#include "check.h"
#include "command_line.h"
#include "config.h"
#include "config_error.h"
#include "config_schema.h"
#include "exit_codes.h"
#include "health.h"
#include "install_layout.h"
#include "list_apps.h"
#include "new_project.h"
#include "one_line.h"
#include "operate.h"
#include "read_config.h"
#include "serve.h"
#include "standard_descriptors.h"

namespace {

const char* templates_of(CommandLine::Project project) {
    switch (project) {
        case CommandLine::Project::kWeb:
            return "new_web";
        case CommandLine::Project::kWsgi:
            return "new_wsgi";
        case CommandLine::Project::kPlugin:
            break;
    }
    return "new";
}

int create(const std::string& name, CommandLine::Project project) {
    try {
        const auto share = binary_directory().parent_path() / "share/grove";
        write_new_project(share / templates_of(project), std::filesystem::current_path(), name);
    } catch (const std::invalid_argument& error) {
        std::cerr << "grove: " << error.what() << '\n';
        return kExitUsage;
    }
    std::cout << name << ": written; " << name << "/README.md tells how to go on\n";
    return kExitClean;
}

int check(const CommandLine& line) {
    const grove::http::Config config = grove::http::read_config(line.config, line.flags);
    const std::vector<std::string> faults = find_faults(config);
    for (const std::string& fault : faults) std::cerr << grove::http::one_line(fault) << '\n';
    for (const std::string& warning : find_warnings(config, line.config.string()))
        std::cerr << warning << '\n';
    if (!faults.empty()) return kExitUsage;
    std::cout << line.config.string() << ": ok\n";
    return kExitClean;
}

int run(const CommandLine& line) {
    switch (line.command) {
        case CommandLine::Command::kApps:
            list_apps(shipped_plugins(), std::cout, std::cerr);
            return kExitClean;
        case CommandLine::Command::kCheck:
            return check(line);
        case CommandLine::Command::kHealth:
            return health(grove::http::read_config(line.config, line.flags), line.ready);
        case CommandLine::Command::kNew:
            return create(line.name, line.project);
        case CommandLine::Command::kSchema:
            std::cout << grove::http::config_schema();
            return kExitClean;
        case CommandLine::Command::kReload:
            return reload(line);
        case CommandLine::Command::kStop:
            return stop(line);
        case CommandLine::Command::kStatus:
            return status(line);
        case CommandLine::Command::kTop:
            return top(line);
        case CommandLine::Command::kServe:
            break;
    }
    const auto read = [&line](grove::http::Sources& sources) {
        return grove::http::read_config(line.config, line.flags, sources);
    };
    return serve(read, line.watch);
}

}  // namespace

int main(int argc, char** argv) {
    open_standard_descriptors();
    grove::keep_openssl_secrets();
    int exit_code = kExitClean;
    try {
        const std::optional<CommandLine> line = parse_command_line(argc, argv, exit_code);
        return line ? run(*line) : exit_code;
    } catch (const grove::http::ConfigError& error) {
        for (const std::string& line : error.lines())
            std::cerr << grove::http::one_line(line) << '\n';
        return kExitUsage;
    } catch (const std::exception& error) {
        std::cerr << "grove: " << grove::http::one_line(error.what()) << '\n';
        return kExitFailure;
    }
}
