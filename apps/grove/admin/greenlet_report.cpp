#include "greenlet_report.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include <grove/core/run_info.h>

#include "dump_lines.h"
#include "greenlet_groups.h"
#include "report_text.h"
#include "request_id_of.h"

using namespace grove;
using namespace grove::http;

namespace {

constexpr std::size_t kFramesInALine = 8;
constexpr std::size_t kRequestsOfAGroup = 100;

std::string stack_text(const GreenletInfo& greenlet) {
    std::string text;
    const auto frames = std::min(greenlet.stack.size(), kFramesInALine);
    for (std::size_t i = 0; i < frames; ++i) text += (i == 0 ? ": " : " < ") + greenlet.stack[i];
    return text;
}

std::string line_of(const RequestInfo& request, const std::optional<GreenletInfo>& greenlet) {
    const std::string line = request.method + " " + request.path +
                             stream_text(request.stream, ", stream ") + ", " +
                             age_text(request.age) + ", ";
    if (!greenlet) return line + "waits for its body or a slot";
    return line + '"' + greenlet->name + "\" " + state_text(*greenlet) + stack_text(*greenlet);
}

/// Lets others have their turns after each hundred lines, so that a report of thousands keeps nobody waiting.
class Turns {
public:
    void line() {
        if (++lines_ % 100 == 0) sleep();
    }

private:
    unsigned lines_ = 0;
};

}  // namespace

std::vector<std::string> greenlet_lines() {
    std::vector<std::string> lines;
    for (const GreenletGroup& group : greenlet_groups()) {
        lines.push_back(begin_of(group));
        for (std::size_t i = 0; i < std::min(group.ids.size(), kRequestsOfAGroup); ++i) {
            const std::string request = request_text_of(group.ids[i]);
            if (!request.empty())
                lines.push_back("    " + std::to_string(group.ids[i]) + " serves " + request);
        }
        for (const std::string& frame : group.first.stack) lines.push_back("    " + frame);
    }
    for (std::string& line : dump_lines()) lines.push_back(std::move(line));
    return lines;
}

void report_greenlets(const ErrorLog& log) {
    Turns turns;
    for (const std::string& line : greenlet_lines()) {
        turns.line();
        log(LogLevel::kInfo, line);
    }
}

void report_requests(const ErrorLog& log, LogLevel level, std::string_view begin,
                     const std::vector<RequestInfo>& requests) {
    if (requests.empty()) return;
    std::unordered_map<std::uint64_t, AnyGreenlet> greenlets;
    for (AnyGreenlet& greenlet : living_greenlets())
        greenlets.emplace(greenlet.id(), std::move(greenlet));
    StackReader reader;
    Turns turns;
    for (const RequestInfo& request : requests) {
        turns.line();
        const auto found = greenlets.find(request.greenlet);
        const bool has_one = found != greenlets.end();
        if (has_one && found->second.dead()) continue;  // it ended by itself meanwhile
        const auto greenlet = has_one ? reader.info_of(found->second) : std::nullopt;
        log(level, std::string{begin} + line_of(request, greenlet));
    }
}

std::vector<std::string> lines_of(const std::vector<AnyGreenlet>& greenlets) {
    std::vector<std::string> lines;
    StackReader reader;
    for (const AnyGreenlet& greenlet : greenlets) {
        auto info = reader.info_of(greenlet);
        if (!info) continue;
        const std::string stack = stack_text(*info);
        lines.push_back(begin_of(GreenletGroup{.first = *std::move(info), .ids = {greenlet.id()}}) +
                        stack);
    }
    return lines;
}
