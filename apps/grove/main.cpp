// grove - the server binary: command line, configuration, applications, servers.
#include <exception>
#include <filesystem>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>

#include <grove/http/config.h>
#include <grove/http/mounts.h>

#include "command_line.h"
#include "exit_codes.h"
#include "load_apps.h"
#include "new_project.h"
#include "serve.h"
#include "tls_contexts.h"

namespace {

int create(const std::string& name) {
    try {
        write_new_project(binary_directory().parent_path() / "share/grove/new",
                          std::filesystem::current_path(), name);
    } catch (const std::invalid_argument& error) {
        std::cerr << "grove: " << error.what() << '\n';
        return kExitUsage;
    }
    std::cout << name << ": written; " << name << "/README.md tells how to go on\n";
    return kExitClean;
}

int check(const CommandLine& line, const grove::http::Config& config) {
    const grove::http::Mounts mounts{
        load_apps(config, binary_directory().parent_path() / "lib/grove/apps")};
    for (const grove::http::ListenConfig& listen : config.listen) {
        make_tls_context(listen);
    }
    std::cout << line.config.string() << ": ok\n";
    return kExitClean;
}

int run(const CommandLine& line) {
    if (line.command == CommandLine::Command::kNew) return create(line.name);
    const auto read = [&line] { return grove::http::read_config(line.config, line.flags); };
    return line.command == CommandLine::Command::kCheck ? check(line, read()) : serve(read);
}

}  // namespace

int main(int argc, char** argv) {
    int exit_code = kExitClean;
    try {
        const std::optional<CommandLine> line = parse_command_line(argc, argv, exit_code);
        return line ? run(*line) : exit_code;
    } catch (const grove::http::ConfigError& error) {
        std::cerr << error.what() << '\n';
        return kExitUsage;
    } catch (const std::exception& error) {
        std::cerr << "grove: " << error.what() << '\n';
        return kExitFailure;
    }
}
