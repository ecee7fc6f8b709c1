#include "command_line.h"

#include <iostream>
#include <string>

#include <CLI/CLI.hpp>

#include "config_words.h"
#include "exit_codes.h"
#include "help_footers.h"
#include "install_layout.h"
#include "versions.h"

namespace {

// "error|warn|...": a list that completion can offer.
std::string level_words() {
    std::string words;
    for (const auto& level : grove::http::kLevelWords)
        words.append(words.empty() ? "" : "|").append(level.word);
    return words;
}

void add_pid_file(CLI::App& command, CommandLine& line, const char* what) {
    command.add_option("--pid-file", line.flags.pid_file, what)->type_name("PATH");
}

void add_serve(CLI::App& app, CommandLine& line) {
    CLI::App& serve = *app.add_subcommand("serve", "Serve the configured applications");
    serve.add_option("CONFIG", line.config,
                     "Configuration file [default: ../share/grove/conf/grove.json beside grove]");
    // One value a flag: else `--listen ADDR CONFIG` would take the file for an address.
    serve.add_option("--listen", line.flags.listen, "Listen at ADDR; replaces the file's list")
        ->type_name("ADDR")
        ->allow_extra_args(false);
    serve.add_option("--app", line.flags.apps, "Mount this plugin; replaces the file's list")
        ->type_name("NAME[:MOUNT]")
        ->allow_extra_args(false);
    serve.add_option("--workers", line.flags.workers, "Processes that serve")->type_name("N|auto");
    serve.add_option("--pool", line.flags.pool, "Requests that may run at once in a worker")
        ->type_name("N");
    serve.add_option("--access-log", line.flags.access_log, "Where the access log goes")
        ->type_name("PATH|-|off");
    serve
        .add_option("--log-level", line.flags.log_level,
                    "The least severe level that gets a line in the error log")
        ->type_name(level_words());
    serve.add_flag("--watch", line.watch,
                   "Reload when the configuration, a plugin or a certificate changes");
    add_pid_file(serve, line,
                 "The file by which other commands find the server; replaces the configured file");
}

// What is asked of a server that runs.
struct Operations {
    CLI::App* reload;
    CLI::App* stop;
    CLI::App* status;
    CLI::App* top;
};

Operations add_operations(CLI::App& app, CommandLine& line) {
    const auto add = [&](const char* name, const char* what) {
        CLI::App* const command = app.add_subcommand(name, what);
        command->add_option("CONFIG", line.config,
                            "Its configuration file [default: as for serve]");
        add_pid_file(*command, line, "The file that was given to serve");
        return command;
    };
    const Operations all{
        .reload =
            add("reload", "Make a server read its configuration again, and wait for the outcome"),
        .stop = add("stop", "Stop a server, and wait for its end"),
        .status = add("status", "Show a server's workers, and how its last reload went"),
        .top = add("top", "Show a server's workers and longest requests each second")};
    all.stop->add_flag("--now", line.now, "Stop at once, without waiting for requests");
    all.status->add_flag("--json", line.json, "Print JSON, for programs");
    all.top->add_flag("--once", line.once, "Show one frame, then end");
    return all;
}

}  // namespace

std::optional<CommandLine> parse_command_line(int argc, const char* const* argv, int& exit_code) {
    CommandLine line;
    CLI::App app{"grove: a WSGI-style web server over greenlets", "grove"};
    app.set_version_flag("--version", versions_text);
    app.require_subcommand(1);
    add_serve(app, line);
    CLI::App& check = *app.add_subcommand("check", "Report the faults of a configuration");
    check.add_option("CONFIG", line.config, "Configuration file")->required();
    CLI::App& apps = *app.add_subcommand("apps", "List the plugins beside grove");
    CLI::App& schema = *app.add_subcommand("schema", "Print the JSON Schema of a configuration");
    CLI::App& health = *app.add_subcommand("health", "Ask a running server's /healthz");
    health.add_option("CONFIG", line.config, "Its configuration file [default: as for serve]");
    health.add_flag("--ready", line.ready, "Ask its /readyz");
    const Operations operations = add_operations(app, line);
    CLI::App& create = *app.add_subcommand("new", "Write a project into ./NAME");
    create.add_option("NAME", line.name, "The plugin's name")->required();
    auto* const web = create.add_flag_callback(
        "--web", [&line] { line.project = CommandLine::Project::kWeb; },
        "A site with a page, a form and sessions");
    create
        .add_flag_callback(
            "--wsgi", [&line] { line.project = CommandLine::Project::kWsgi; },
            "A Flask application, in place of a plugin in C++")
        ->excludes(web);
    add_help_footers(app);
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& asked) {
        exit_code = app.exit(asked);
        return std::nullopt;
    } catch (const CLI::ParseError& error) {
        std::cerr << "grove: " << error.what() << "; see grove --help\n";
        exit_code = kExitUsage;
        return std::nullopt;
    }
    line.command = apps.parsed()                 ? CommandLine::Command::kApps
                   : check.parsed()              ? CommandLine::Command::kCheck
                   : schema.parsed()             ? CommandLine::Command::kSchema
                   : health.parsed()             ? CommandLine::Command::kHealth
                   : create.parsed()             ? CommandLine::Command::kNew
                   : operations.reload->parsed() ? CommandLine::Command::kReload
                   : operations.stop->parsed()   ? CommandLine::Command::kStop
                   : operations.status->parsed() ? CommandLine::Command::kStatus
                   : operations.top->parsed()    ? CommandLine::Command::kTop
                                                 : CommandLine::Command::kServe;
    if (line.config.empty() && line.flags.apps.empty())
        line.config = (binary_directory().parent_path() / "share/grove/conf/grove.json");
    return line;
}
