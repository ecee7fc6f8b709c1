#include <grove/http/command.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <utility>

#include "command_lines.h"
#include "dump_lines.h"
#include "operator_text.h"

namespace grove::http {
namespace {

constexpr std::size_t kMostNameBytes = 32;

struct Command {
    CommandHelp help{};
    std::shared_ptr<const OperatorText> text{};
};
using Commands = OperatorEntries<Command>;

// The process's. Kept for ever, as dumps are.
Commands& commands() {
    static Commands* const kCommands = std::make_unique<Commands>().release();
    return *kCommands;
}

bool is_allowed(std::string_view name) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    return !name.empty() && name.size() <= kMostNameBytes &&
           std::all_of(name.begin(), name.end(), plain) &&
           std::find(kOwnCommands.begin(), kOwnCommands.end(), name) == kOwnCommands.end();
}

}  // namespace

void on_command(std::string name, std::string help,
                std::function<void(std::ostream&, std::string_view arguments)> run) {
    if (!run) throw std::invalid_argument{"on_command: \"" + name + "\" has no function"};
    if (!is_allowed(name)) {
        throw std::invalid_argument{
            "on_command: \"" + name +
            "\" is not a name, must be 1 to 32 of a to z, 0 to 9, \"-\" and \"_\", and not one of "
            "the server's own commands"};
    }
    commands().add({.help = {.name = std::move(name), .help = std::move(help)},
                    .text = std::make_shared<const OperatorText>("on_command", std::move(run))});
}

std::optional<std::vector<std::string>> command_lines(std::string_view name,
                                                      std::string_view arguments) {
    OperatorLines lines{.left = kMostDumpBytes};
    bool found = false;
    for (const Command& command : commands().all()) {
        if (command.help.name != name) continue;
        found = true;
        command.text->append_to(lines, arguments);
    }
    return found ? std::optional{std::move(lines.all)} : std::nullopt;
}

std::vector<CommandHelp> commands_to_help() {
    std::vector<CommandHelp> all;
    for (const Command& command : commands().all()) all.push_back(command.help);
    return all;
}

void forget_commands() noexcept { commands().forget(); }

}  // namespace grove::http
