#include <grove/http/log.h>

#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include <grove/core/detail/standard_error.h>

#include "exchange.h"
#include "log_levels.h"
#include "log_origin.h"
#include "log_text.h"
#include "running_exchange.h"
#include "service_terms.h"

namespace grove::http {
namespace {

// The process's. Whoever calls it has a copy of the pointer: its users can be counted.
using SharedLog = std::shared_ptr<const ErrorLog>;
struct OwnLog {
    std::mutex mutex{};
    SharedLog log{};
};

// Kept for ever: threads may log to the very end.
OwnLog& program_log() {
    static OwnLog* const kOwn = std::make_unique<OwnLog>().release();
    return *kOwn;
}

SharedLog own_log() {
    const std::lock_guard lock{program_log().mutex};
    return program_log().log;
}

void write_out(LogLevel level, const std::string& line) {
    if (level < LogLevel::kInfo) return;
    write_to_standard_error("grove: " + std::string{word_of(level)} + ": " + line + '\n', 0);
}

}  // namespace

void log(LogLevel level, std::string_view text) {
    std::string line = escaped(text);
    if (Exchange* const exchange = running_exchange()) {
        line += origin_of(*exchange);
        exchange->terms.log(level, line);
        return;
    }
    if (const LogOrigin::Text origin = LogOrigin::of_running()) line += *origin;
    const SharedLog log = own_log();
    if (log == nullptr) return write_out(level, line);
    try {
        (*log)(level, line);
    } catch (...) {  // a log fails nobody; it may not block, so no kill comes here
    }
}

void set_log(ErrorLog log) {
    SharedLog next = log ? std::make_shared<const ErrorLog>(std::move(log)) : nullptr;
    {
        const std::lock_guard lock{program_log().mutex};
        program_log().log.swap(next);
    }
    while (next.use_count() > 1) std::this_thread::yield();  // they do not block in there
}

}  // namespace grove::http
