#include "greenlet_report.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

#include <grove/core/run_info.h>

#include "dump_lines.h"

using namespace grove;
using namespace grove::http;

namespace {

constexpr std::size_t kFramesInALine = 8;

std::string age_text(Duration age) {
    const auto whole = std::chrono::duration_cast<std::chrono::milliseconds>(age);
    return std::to_string(whole.count()) + " ms old";
}

std::string state_text(const GreenletInfo& greenlet) {
    if (greenlet.waits_for.empty()) return greenlet.state;
    return greenlet.state + " in " + greenlet.waits_for;
}

std::string stack_text(const GreenletInfo& greenlet) {
    std::string text;
    const auto frames = std::min(greenlet.stack.size(), kFramesInALine);
    for (std::size_t i = 0; i < frames; ++i) text += (i == 0 ? ": " : " < ") + greenlet.stack[i];
    return text;
}

std::string begin_of(const GreenletInfo& greenlet) {
    return "greenlet " + std::to_string(greenlet.id) + " \"" + greenlet.name + "\" " +
           state_text(greenlet) + ", " + age_text(greenlet.age);
}

std::string line_of(const RequestInfo& request, const std::vector<GreenletInfo>& greenlets) {
    const std::string line =
        request.method + " " + request.path + ", " + age_text(request.age) + ", ";
    const auto found =
        std::find_if(greenlets.begin(), greenlets.end(),
                     [&](const GreenletInfo& info) { return info.id == request.greenlet; });
    if (found == greenlets.end()) return line + "waits for its body or a slot";
    return line + '"' + found->name + "\" " + state_text(*found) + stack_text(*found);
}

}  // namespace

std::vector<std::string> greenlet_lines() {
    std::vector<std::string> lines;
    for (const GreenletInfo& greenlet : greenlet_infos()) {
        lines.push_back(begin_of(greenlet));
        for (const std::string& frame : greenlet.stack) lines.push_back("    " + frame);
    }
    for (std::string& line : dump_lines()) lines.push_back(std::move(line));
    return lines;
}

void report_greenlets(const ErrorLog& log) {
    for (const std::string& line : greenlet_lines()) log(LogLevel::kInfo, line);
}

void report_requests(const ErrorLog& log, LogLevel level, std::string_view begin,
                     const std::vector<RequestInfo>& requests) {
    if (requests.empty()) return;
    const std::vector<GreenletInfo> greenlets = greenlet_infos();
    for (const RequestInfo& request : requests)
        log(level, std::string{begin} + line_of(request, greenlets));
}

std::vector<std::string> lines_of(const std::vector<AnyGreenlet>& greenlets) {
    std::vector<std::string> lines;
    if (greenlets.empty()) return lines;
    for (const GreenletInfo& info : greenlet_infos()) {
        const bool asked = std::any_of(greenlets.begin(), greenlets.end(),
                                       [&](const AnyGreenlet& one) { return one.id() == info.id; });
        if (asked) lines.push_back(begin_of(info) + stack_text(info));
    }
    return lines;
}
