// trace_context.h - the field traceparent, by which a trace's requests find each other (W3C Trace Context).
#pragma once

#include <string>
#include <string_view>

namespace grove::http {

/// As version 00 has it, also what a later version says in more words; "": the value breaks the rules.
[[nodiscard]] std::string told_traceparent(std::string_view value);
/// One that begins here. Nobody has decided to record it: it is not sampled.
/// @param digits  48 lower-case hexadecimal ones: of the trace, then of its parent
[[nodiscard]] std::string begun_traceparent(std::string_view digits);

}  // namespace grove::http
