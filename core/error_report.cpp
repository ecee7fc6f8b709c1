#include "error_report.h"

#include <grove/core/detail/standard_error.h>
#include <grove/core/errors.h>

namespace grove {

void report_error(const std::string& context, const std::exception_ptr& error) noexcept {
    try {
        write_to_standard_error(
            "grove: " + context + (error != nullptr ? ": " + describe(error) : "") + "\n", 0);
    } catch (const std::exception&) {
        write_to_standard_error("grove: an error could not be described\n", 0);
    }
}

}  // namespace grove
