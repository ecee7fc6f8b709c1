#include <grove/core/errors.h>

#include <cstdlib>
#include <typeinfo>

#include <cxxabi.h>

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

}  // namespace

GreenletExit::~GreenletExit() = default;

Timeout::~Timeout() = default;

std::string Timeout::what() const {
    struct Unit {
        Duration length;
        const char* name;
    };
    using namespace std::chrono_literals;
    static constexpr Unit kUnits[] = {{1h, "h"},   {1min, "min"}, {1s, "s"},
                                      {1ms, "ms"}, {1us, "us"},   {1ns, "ns"}};
    if (duration_ == Duration::zero()) return "0s";
    for (const Unit& unit : kUnits) {
        if (duration_ % unit.length == Duration::zero())
            return std::to_string(duration_ / unit.length) + unit.name;
    }
    return {};
}

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

TlsError::~TlsError() = default;

TlsOptionError::TlsOptionError(const std::error_code& code, const std::string& what, Option option,
                               std::size_t certificate)
    : TlsError{code, what}, option_{option}, certificate_{certificate} {}
TlsOptionError::~TlsOptionError() = default;

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

}  // namespace grove
