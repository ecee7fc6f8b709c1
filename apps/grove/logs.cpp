#include "logs.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <exception>
#include <string>
#include <string_view>

#include <unistd.h>

#include <grove/core/errors.h>
#include <grove/core/hub.h>
#include <grove/http/access_format.h>

#include "error_line.h"

using namespace grove::http;
using std::chrono::system_clock;

namespace {

LogLevel level_of(std::string_view name) {
    constexpr std::array<std::string_view, 5> kNames{"trace", "debug", "info", "warn", "error"};
    const auto at = std::find(kNames.begin(), kNames.end(), name) - kNames.begin();
    return static_cast<LogLevel>(at);
}

// A log's own troubles. They are told whatever the level: nothing else says that lines are missing.
std::string trouble(std::string_view text) {
    return error_line(LogLevel::kError, text, system_clock::now());
}

}  // namespace

Logs::Logs(const LogConfig& config)
    : least_{level_of(config.level)},
      json_{config.format == "json"},
      error_{config.error, STDERR_FILENO, trouble},
      access_{config.access, STDOUT_FILENO, trouble, &error_},
      on_usr1_{SIGUSR1, [this] {
                   error_.reopen();
                   access_.reopen();
               }} {
    grove::get_hub().set_error_handler(
        [this](const std::string& context, const std::exception_ptr& error) {
            report(LogLevel::kError, error ? context + ": " + grove::describe(error) : context);
        });
}

Logs::~Logs() { grove::get_hub().set_error_handler({}); }

AccessLog Logs::access() const {
    if (!access_.enabled()) {
        return {};
    }
    const auto format = json_ ? format_json : format_combined;
    return [this, format](const AccessRecord& record) {
        const auto duration = std::chrono::duration_cast<system_clock::duration>(record.duration);
        access_.write(format(record, system_clock::now() - duration));
    };
}

ErrorLog Logs::error() const {
    return [this](LogLevel level, std::string_view line) { report(level, line); };
}

void Logs::report(LogLevel level, std::string_view text) const {
    if (level >= least_) {
        error_.write(error_line(level, text, system_clock::now()));
    }
}
