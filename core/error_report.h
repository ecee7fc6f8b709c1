// error_report.h - one line on standard error about an exception nobody else handles.
#pragma once

#include <exception>
#include <string>

namespace grove {

/// Writes "grove: CONTEXT: DESCRIPTION" as one line. Never throws.
void report_error(const std::string& context, const std::exception_ptr& error) noexcept;

}  // namespace grove
