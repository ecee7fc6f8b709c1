// message_rules.h - which requests are malformed (RFC 9113, section 8): those that HTTP/1.1's rules know nothing of.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace grove::http {

/// Of one request. Each tells whether it is well-formed so far; a malformed one is to be reset. What is said in a field
/// of HTTP/1.1, too (a host, a target), is judged by the rules of that, and answered.
class MessageRules {
public:
    [[nodiscard]] bool takes_field(std::string_view name, std::string_view value) noexcept;
    /// @param ends  there is no body
    [[nodiscard]] bool takes_head(bool ends) noexcept;
    [[nodiscard]] static bool takes_trailer(std::string_view name, std::string_view value) noexcept;
    [[nodiscard]] bool takes_data(std::string_view bytes) noexcept;
    [[nodiscard]] bool takes_end() const noexcept { return left_.value_or(0) == 0; }

private:
    [[nodiscard]] bool takes_pseudo_field(std::string_view name, std::string_view value) noexcept;

    std::uint8_t seen_ = 0;  // of the pseudo-fields
    bool connects_ = false;  // by CONNECT
    bool in_fields_ = false;
    std::optional<std::uint64_t> left_;  // of the body that content-length announced
};

}  // namespace grove::http
