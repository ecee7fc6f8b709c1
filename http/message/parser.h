// parser.h - a whole head, passed by the guard, into a RequestHead or an AnswerHead.
#pragma once

#include <string_view>

#include <grove/http/limits.h>
#include "answer_head.h"
#include "refusal.h"
#include "request_head.h"

namespace grove::http {

/// llhttp in strict mode, run once over a complete head, and behind it the rules of RFC 9110 and
/// 9112 that llhttp leaves to its user (head_rules.h). Holds nothing between two heads but, in `out`,
/// the host that was judged last.
class HeadParser {
public:
    /// @param head  what the Guard measured: from the request line to the blank line, both
    /// included.
    /// @param out   overwritten; its views point into `head`. Of no meaning after a refusal, but
    /// that
    ///              method, target and fields are what was read so far (the access log shows them).
    /// @return why the request must be refused, or none.
    /// Never switches. Throws std::bad_alloc only, before it reads anything, and allocates only
    /// while `out` has not yet seen a head this long.
    static Refusal parse(std::string_view head, const Limits& limits, RequestHead& out);
    /// The same of an answer's head, from the status line to the blank line.
    static Refusal parse(std::string_view head, const Limits& limits, AnswerHead& out);
};

}  // namespace grove::http
