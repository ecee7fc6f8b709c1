#include "logs.h"

#include <chrono>
#include <exception>
#include <string>
#include <string_view>

#include <unistd.h>

#include <grove/core/errors.h>
#include <grove/core/hub.h>
#include <grove/http/access_format.h>
#include <grove/http/log.h>

#include "error_line.h"

using namespace grove::http;
using std::chrono::system_clock;

namespace {

// A log's own troubles. They are told whatever the level: nothing else says that lines are missing.
std::string trouble(std::string_view text) {
    return error_line(LogLevel::kError, text, system_clock::now());
}

}  // namespace

Logs::Logs(const LogConfig& config, std::vector<grove::FileDescriptor> handed,
           const std::function<void()>& look, LostLines* lost)
    : least_{config.level},
      json_{config.format == AccessFormat::kJson},
      paths_{config},
      error_{config.error,
             STDERR_FILENO,
             trouble,
             nullptr,
             paths_.take_error(handed),
             look,
             lost != nullptr ? &lost->error : nullptr},
      access_{config.access,
              STDOUT_FILENO,
              trouble,
              &error_,
              paths_.take_access(handed),
              look,
              lost != nullptr ? &lost->access : nullptr} {
    grove::get_hub().set_error_handler(
        [this](const std::string& context, const std::exception_ptr& error) {
            report(LogLevel::kError, error ? context + ": " + grove::describe(error) : context);
        });
    set_log(error());
}

Logs::~Logs() {
    set_log({});
    grove::get_hub().set_error_handler({});
}

AccessLog Logs::access() const {
    if (!access_.enabled()) return {};
    const auto began = [](const AccessRecord& record) {
        return system_clock::now() -
               std::chrono::duration_cast<system_clock::duration>(record.duration);
    };
    if (json_) {
        return [this, began](const AccessRecord& record) {
            access_.write(format_json(record, began(record)));
        };
    }
    return [this, began, line = std::string{}](const AccessRecord& record) mutable {
        line.clear();
        append_combined(line, record, began(record));
        access_.write(line);
    };
}

ErrorLog Logs::error() const {
    return [this](LogLevel level, std::string_view line) { report(level, line); };
}

ErrorLog Logs::asked_for() const {
    return [this](LogLevel level, std::string_view line) { write(level, line); };
}

void Logs::reopen(std::vector<grove::FileDescriptor> handed) const noexcept {
    error_.reopen(paths_.take_error(handed));
    access_.reopen(paths_.take_access(handed));
}

void Logs::finish() const noexcept {
    access_.finish();
    error_.finish();
}

void Logs::report(LogLevel level, std::string_view text) const {
    if (level >= least_) write(level, text);
}

void Logs::write(LogLevel level, std::string_view text) const {
    error_.write(error_line(level, text, system_clock::now()));
}
