// error_report.h - one line on standard error about an exception nobody else handles.
#pragma once

#include <exception>
#include <string>

namespace grove {

/// "std::runtime_error: no such host", "int", "Timeout: 100ms": type and, where it has one, text.
[[nodiscard]] std::string describe(const std::exception_ptr& error);

/// Writes "grove: CONTEXT: DESCRIPTION" as one line. Never throws.
void report_error(const std::string& context, const std::exception_ptr& error) noexcept;

}  // namespace grove
