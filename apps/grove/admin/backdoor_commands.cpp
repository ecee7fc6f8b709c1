#include "backdoor_commands.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

#include <grove/core/greenlet.h>
#include <grove/core/run_info.h>

#include "command_lines.h"
#include "config_words.h"
#include "greenlet_groups.h"
#include "greenlet_report.h"

using namespace grove;
using namespace grove::http;

namespace {

using Lines = std::vector<std::string>;

constexpr std::string_view kSpaces = " \t";

std::string_view trimmed(std::string_view text) {
    const std::size_t begin = std::min(text.find_first_not_of(kSpaces), text.size());
    return text.substr(begin, text.find_last_not_of(kSpaces) + 1 - begin);
}

Lines ok(Lines lines = {}) {
    lines.emplace_back("ok");
    return lines;
}

Lines error(const std::string& why) { return {"error: " + why}; }

std::optional<GreenletInfo> info_of(std::uint64_t id) {
    StackReader reader;
    GreenletInfo main = reader.info_of_main();
    if (main.id == id) return main;
    for (const AnyGreenlet& greenlet : living_greenlets()) {
        if (greenlet.id() == id) return reader.info_of(greenlet);
    }
    return std::nullopt;
}

Lines greenlet(std::string_view arguments) {
    std::uint64_t id = 0;
    const char* const end = arguments.data() + arguments.size();
    const auto [read, fault] = std::from_chars(arguments.data(), end, id);
    if (fault != std::errc{} || read != end)
        return error("greenlet: needs the id of a greenlet, as \"greenlets\" shows them");
    std::optional<GreenletInfo> info = info_of(id);
    if (!info) return error("greenlet: " + std::to_string(id) + " is none, or has ended");
    Lines lines{begin_of(GreenletGroup{.first = *info, .ids = {id}})};
    for (const std::string& frame : info->stack) lines.push_back("    " + frame);
    return ok(std::move(lines));
}

Lines log(std::string_view arguments, const BackdoorSight& sight) {
    std::string allowed;
    for (const auto& [word, level] : kLevelWords) {
        if (arguments == word) sight.set_level(level);
        if (arguments == word || (arguments.empty() && level == sight.level()))
            return ok({"level " + std::string{word}});
        allowed += (allowed.empty() ? "\"" : ", \"") + std::string{word} + '"';
    }
    return error("log: the level must be one of " + allowed);
}

Lines help() {
    Lines lines{"greenlets      every greenlet with its stack, then what on_dump() has to say",
                "greenlet ID    one greenlet with its whole stack",
                "pools          how many slots and connections are in use",
                "log            the level of the error log",
                "log LEVEL      sets it, in this worker, until it ends",
                "help           these lines",
                "quit           ends the connection"};
    for (const CommandHelp& command : commands_to_help()) {
        const std::size_t gap = command.name.size() < 15 ? 15 - command.name.size() : 1;
        lines.push_back(command.name + std::string(gap, ' ') + command.help);
    }
    return ok(std::move(lines));
}

}  // namespace

Lines backdoor_answer(std::string_view line, const BackdoorSight& sight) {
    line = trimmed(line);
    const std::size_t end = std::min(line.find_first_of(kSpaces), line.size());
    const std::string_view name = line.substr(0, end);
    const std::string_view arguments = trimmed(line.substr(end));
    if (name == "greenlet") return greenlet(arguments);
    if (name == "log") return log(arguments, sight);
    if (auto lines = command_lines(name, arguments)) return ok(std::move(*lines));
    if (arguments.empty()) {
        if (name == "greenlets") return ok(greenlet_lines());
        if (name == "pools") return ok(sight.pools());
        if (name == "help") return help();
    }
    return error('"' + std::string{line} + "\" is no command; \"help\" names them");
}
