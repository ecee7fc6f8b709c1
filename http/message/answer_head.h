// answer_head.h - the parsed head of an answer that a client receives: views of its buffer, and what they mean.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "request_head.h"

namespace grove::http {

/// Filled by HeadParser::parse(), valid as long as the bytes it was given.
struct AnswerHead {
    int status = 0;
    std::optional<std::uint64_t> content_length;
    std::uint8_t version_minor = 1;
    bool chunked = false;
    bool keep_alive = true;
    bool upgrade = false;  ///< An Upgrade field, and `upgrade` among the tokens of Connection.

    [[nodiscard]] std::span<const Field> fields() const noexcept { return field_list; }

    std::vector<Field> field_list = {};  ///< For the parser; others read fields().
};

}  // namespace grove::http
