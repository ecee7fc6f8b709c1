// head_rules.h - what the fields of a parsed head mean, and which heads must not be served.
#pragma once

#include <grove/http/limits.h>
#include "answer_head.h"
#include "refusal.h"
#include "request_head.h"

namespace grove::http {

/// Reads Host, Content-Length, Transfer-Encoding, Connection, Upgrade, Expect, Content-Type and the
/// target out of `head` (method, target, version and fields are set) into its other members.
/// @return the first rule that it breaks, or none.
Refusal apply_head_rules(RequestHead& head, const Limits& limits) noexcept;

/// The same of an answer: Content-Length, Transfer-Encoding, Connection and Upgrade, by the same rules. Of `limits`, body
/// counts.
Refusal apply_head_rules(AnswerHead& head, const Limits& limits) noexcept;

}  // namespace grove::http
