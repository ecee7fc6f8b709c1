#include "error_report.h"

#include <cstdio>
#include <cstdlib>

#include <cxxabi.h>
#include <unistd.h>

#include <grove/core/assert.h>
#include <grove/core/errors.h>
#include <grove/core/timeout.h>

#include "hub_access.h"

namespace grove {
namespace {

std::string caught_type() {
    const std::type_info* type = abi::__cxa_current_exception_type();
    if (type == nullptr) return "unknown exception";
    int status = 0;
    char* readable = abi::__cxa_demangle(type->name(), nullptr, nullptr, &status);
    std::string name = status == 0 ? readable : type->name();
    std::free(readable);
    return name;
}

void write_line(const std::string& line) noexcept {
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace

GreenletExit::~GreenletExit() = default;
LoopExit::~LoopExit() = default;
BlockingInHub::~BlockingInHub() = default;
Killed::~Killed() = default;
Full::~Full() = default;
Empty::~Empty() = default;
ShutDown::~ShutDown() = default;

std::string describe(const std::exception_ptr& error) {
    if (error == nullptr) return "no exception";
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& e) {
        return caught_type() + ": " + e.what();
    } catch (const Timeout& e) {
        return caught_type() + ": " + e.what();
    } catch (...) {  // described, not swallowed: the caller has it
        return caught_type();
    }
}

void report_error(const std::string& context, const std::exception_ptr& error) noexcept {
    try {
        write_line("grove: " + context + (error != nullptr ? ": " + describe(error) : "") + "\n");
    } catch (const std::exception&) {
        write_line("grove: an error could not be described\n");
    }
}

void detail::assertion_failed(const char* condition, const char* message, const char* file,
                              int line) noexcept {
    Hub* const hub = HubAccess::existing();
    std::fprintf(stderr, "grove: %s:%d: %s (%s), in greenlet %s\n", file, line, message, condition,
                 hub != nullptr ? HubAccess::current(*hub).display_name().c_str() : "none");
    std::abort();
}

}  // namespace grove
