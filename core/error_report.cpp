#include "error_report.h"

#include <cstdlib>

#include <cxxabi.h>

#include <grove/core/detail/assert.h>
#include <grove/core/detail/standard_error.h>
#include <grove/core/errors.h>
#include <grove/core/timeout.h>

#include "hub_access.h"

namespace grove {
namespace {

constexpr int kPatience = 100;  // milliseconds, of a process that is about to die

std::string caught_type() {
    const std::type_info* type = abi::__cxa_current_exception_type();
    if (type == nullptr) return "unknown exception";
    int status = 0;
    char* readable = abi::__cxa_demangle(type->name(), nullptr, nullptr, &status);
    std::string name = status == 0 ? readable : type->name();
    std::free(readable);
    return name;
}

}  // namespace

GreenletExit::~GreenletExit() = default;
LoopExit::~LoopExit() = default;
BlockingInHub::~BlockingInHub() = default;
Killed::~Killed() = default;
Full::~Full() = default;
Empty::~Empty() = default;
ShutDown::~ShutDown() = default;
EndOfStream::~EndOfStream() = default;

SocketTimeout::SocketTimeout(const char* call)
    : std::system_error{std::make_error_code(std::errc::timed_out), call} {}
SocketTimeout::~SocketTimeout() = default;

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
        write_to_standard_error(
            "grove: " + context + (error != nullptr ? ": " + describe(error) : "") + "\n", 0);
    } catch (const std::exception&) {
        write_to_standard_error("grove: an error could not be described\n", 0);
    }
}

void detail::assertion_failed(const char* condition, const char* message, const char* file,
                              int line) noexcept {
    Hub* const hub = HubAccess::existing();
    try {
        write_to_standard_error(
            std::string{"grove: "} + file + ":" + std::to_string(line) + ": " + message + " (" +
                condition + "), in greenlet " +
                (hub != nullptr ? HubAccess::current(*hub).display_name() : "none") + "\n",
            kPatience);
    } catch (const std::exception&) {  // no memory: it aborts all the same
    }
    std::abort();
}

}  // namespace grove
