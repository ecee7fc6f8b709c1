// request_head.h - a parsed request head: views of the connection's buffer, and what they mean.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "ascii.h"

namespace grove::http {

struct Field {
    std::string_view name;   ///< As the client spelt it.
    std::string_view value;  ///< Without the white space around it.
};

/// The text of a Host field that was judged and may stand: most requests bring the same again.
class KnownHost {
public:
    /// @pre not empty
    [[nodiscard]] bool is(std::string_view text) const noexcept {
        return text.size() == size_ && std::memcmp(text.data(), text_.data(), size_) == 0;
    }
    /// One too long for it is not kept.
    void keep(std::string_view text) noexcept {
        if (text.size() > text_.size()) return;
        size_ = text.copy(text_.data(), text_.size());
    }

private:
    std::size_t size_ = 0;
    std::array<char, 48> text_;
};

/// What one head says, but for its fields.
struct HeadFacts {
    std::string_view method;
    std::string_view target;  ///< As it came.
    std::string_view path;    ///< Up to the first '?', not decoded; "*" for OPTIONS *; never empty.
    std::string_view query;   ///< After the first '?', not decoded.
    std::string_view host;    ///< Of an absolute target, else of the Host field; with the port.
    std::string_view content_type;
    std::optional<std::uint64_t> content_length;
    std::uint32_t stream = 0;  ///< Of HTTP/2; 0: HTTP/1.
    std::uint8_t version_minor =
        1;  ///< HTTP/1.0 or HTTP/1.1, which later ones of HTTP/1 are taken for.
    bool absolute_target = false;  ///< The Host field is ignored then (RFC 9112 section 3.2.2).
    bool has_content_type = false;
    bool chunked = false;  ///< So the end of the body shows; of HTTP/2, the stream's end shows it.
    bool keep_alive = true;
    bool expect_continue = false;  ///< HTTP/1.1, `Expect: 100-continue`, and a body is announced.
    bool upgrade =
        false;  ///< HTTP/1.1, an Upgrade field, and `upgrade` among the tokens of Connection.

    /// What differs between HTTP/1.0 and HTTP/1.1 is as in the latter then.
    [[nodiscard]] constexpr bool http2() const noexcept { return stream != 0; }
    [[nodiscard]] bool has_body() const noexcept {
        return chunked || content_length.value_or(0) != 0;
    }
};

/// Filled by HeadParser::parse(), valid as long as the bytes it was given. Reuse one object: its
/// list of fields keeps its memory, so that a request allocates nothing.
struct RequestHead : HeadFacts {
    [[nodiscard]] std::span<const Field> fields() const noexcept { return field_list; }

    /// The first field of that name, or null. @pre `lower_name` has no capital letter.
    [[nodiscard]] const Field* find(std::string_view lower_name) const noexcept {
        for (const Field& field : field_list) {
            if (matches(field.name, lower_name)) return &field;
        }
        return nullptr;
    }

    /// The same if it is the only one, else null.
    [[nodiscard]] const Field* find_only(std::string_view lower_name) const noexcept {
        const Field* found = nullptr;
        for (const Field& field : field_list) {
            if (!matches(field.name, lower_name)) continue;
            if (found != nullptr) return nullptr;
            found = &field;
        }
        return found;
    }

    /// As made, but for the list's memory and the host that is known.
    void clear() noexcept {
        static_cast<HeadFacts&>(*this) = {};
        field_list.clear();
    }

    std::vector<Field> field_list = {};  ///< For the parser; others read fields().
    KnownHost known_host = {};           ///< For the parser.
};

/// As SERVER_PROTOCOL and the access log have it.
[[nodiscard]] constexpr std::string_view protocol_of(const RequestHead& head) noexcept {
    if (head.http2()) return "HTTP/2.0";
    return head.version_minor == 0 ? "HTTP/1.0" : "HTTP/1.1";
}

}  // namespace grove::http
