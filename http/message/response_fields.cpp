#include "response_fields.h"

#include <stdexcept>
#include <string>

#include "ascii.h"
#include "content_length.h"
#include "list.h"
#include "scan.h"

namespace grove::http {
namespace {

constexpr int kSwitchingProtocols = 101;

/// A field that speaks about the connection, not about the response (RFC 9110 section 7.6.1).
/// @pre a token
[[gnu::always_inline]] inline bool is_hop_by_hop(std::string_view name) noexcept {
    constexpr std::string_view kProxy = "proxy-";
    if (to_lower(name.front()) == kProxy.front() && matches(name.substr(0, kProxy.size()), kProxy))
        return true;
    switch (name.size()) {
        case 2:
            return matches(name, "te");
        case 7:
            return matches(name, "trailer") || matches(name, "upgrade");
        case 10:
            return spells(name, "keep-alive");
        case 17:
            return spells(name, "transfer-encoding");
        default:
            return false;
    }
}

/// Text for a message: a name may hold anything before it is checked.
std::string quoted(std::string_view text) {
    std::string safe = "\"";
    for (const char byte : text) safe.push_back(byte >= ' ' && byte < 0x7f ? byte : '?');
    return safe + '"';
}

// Apart: a function that has a string of its own guards its stack.
template <class Error>
[[noreturn, gnu::cold, gnu::noinline]] void refuse(const char* what, std::string_view text,
                                                   const char* why) {
    throw Error{"start_response: " + (what + quoted(text)) + why};
}

[[gnu::always_inline]] inline void check_text(std::string_view name, std::string_view value) {
    if (!is_token_text(name))
        refuse<std::invalid_argument>("header name ", name, " is not a token");
    if (!is_value_text(value))
        refuse<std::invalid_argument>("control byte in the value of header ", name, "");
}

// Apart, as the one below: most answers have neither field, and a function that tells an address guards its stack.
/// @return whether it says close
[[gnu::noinline]] bool connection_closes(std::string_view value, bool upgrades) {
    bool closes = false;
    for_each_element(value, [&](std::string_view token) {
        const bool close = matches(token, "close");
        closes = closes || close;
        if (close || upgrades || token.empty() || matches(token, "keep-alive")) return;
        refuse<std::logic_error>("Connection may say close or keep-alive, not ", token, "");
    });
    return closes;
}

[[gnu::noinline]] std::uint64_t content_length_of(std::string_view value, bool is_second) {
    if (is_second) throw std::invalid_argument{"start_response: more than one Content-Length"};
    const auto length = parse_content_length(trim_ows(value));
    if (!length) {
        refuse<std::invalid_argument>("Content-Length ", value,
                                      " is not a number of at most 19 digits");
    }
    return *length;
}

[[gnu::always_inline]] inline void note_connection(std::string_view value, bool upgrades,
                                                   ResponseFields& fields) {
    const bool closes = connection_closes(value, upgrades);
    fields.close = fields.close || closes;
    fields.has_connection = true;
}

[[gnu::always_inline]] inline void note_content_length(std::string_view value,
                                                       ResponseFields& fields) {
    fields.content_length = content_length_of(value, fields.has_content_length);
    fields.has_content_length = true;
}

/// Of fields that are checked, and then another's.
struct Checked {
    bool has_content_length = false;
};

[[gnu::always_inline]] inline void note_connection(std::string_view value, bool upgrades,
                                                   Checked&) {
    (void)connection_closes(value, upgrades);
}

[[gnu::always_inline]] inline void note_content_length(std::string_view value, Checked& checked) {
    (void)content_length_of(value, checked.has_content_length);
    checked.has_content_length = true;
}

/// One that changes nothing but what the server adds.
[[gnu::always_inline]] inline void note_presence(std::string_view name, ResponseFields& fields) {
    switch (name.size()) {
        case 4:
            fields.has_date = fields.has_date || matches(name, "date");
            return;
        case 6:
            fields.has_server = fields.has_server || matches(name, "server");
            return;
        case 12:
            if (spells(name, "content-type")) {
                fields.has_content_type = true;
            } else if (spells(name, "x-request-id")) {
                fields.has_request_id = true;
            }
            return;
        default:
            return;
    }
}
[[gnu::always_inline]] inline void note_presence(std::string_view, Checked&) {}

template <class Notes>
[[gnu::always_inline]] inline void note_field(std::string_view name, std::string_view value,
                                              int status_code, Notes& notes) {
    const bool upgrades = status_code == kSwitchingProtocols;
    if (is_hop_by_hop(name) && !(upgrades && matches(name, "upgrade")))
        refuse<std::logic_error>("hop-by-hop header ", name, " is the server's to set");
    if (name.size() == 10 && spells(name, "connection")) {
        note_connection(value, upgrades, notes);
    } else if (name.size() == 14 && spells(name, "content-length")) {
        note_content_length(value, notes);
    } else {
        note_presence(name, notes);
    }
}

template <class Fields, class Notes>
[[gnu::always_inline]] inline void validate(const Fields& given, int status_code, Notes& notes) {
    for (const auto& [name, value] : given) {
        check_text(name, value);
        note_field(name, value, status_code, notes);
    }
}

[[gnu::always_inline]] inline int code_of(std::string_view status) {
    const bool shaped = status.size() >= 3 && status[0] >= '1' && is_digit(status[0]) &&
                        is_digit(status[1]) && is_digit(status[2]) &&
                        (status.size() == 3 || status[3] == ' ');
    if (!shaped || !is_value_text(status)) {
        refuse<std::invalid_argument>("status ", status,
                                      " is not three digits, 100-999, a space and text");
    }
    const int code = (status[0] - '0') * 100 + (status[1] - '0') * 10 + (status[2] - '0');
    if (code < 200 && code != kSwitchingProtocols) {
        refuse<std::invalid_argument>(
            "status ", status, " is interim; the only interim status of an application is 101");
    }
    return code;
}

}  // namespace

int validate_status(std::string_view status) {
    constexpr std::string_view kUsual = "200 OK";
    return same(status, kUsual) ? 200 : code_of(status);
}

void validate_answer(std::string_view status, const Headers& headers) {
    Checked checked;
    validate(headers, code_of(status), checked);
}

void check_added_field(std::string_view name, std::string_view value) {
    if (!is_token_text(name)) throw std::invalid_argument{"a field's name must be a token"};
    if (!is_value_text(value))
        throw std::invalid_argument{"a field's value must not have control bytes"};
    if (is_hop_by_hop(name) || spells(name, "connection") || spells(name, "content-length"))
        throw std::invalid_argument{"that field is the server's to set"};
}

ResponseFields validate_headers(const Headers& headers, int status_code) {
    ResponseFields fields;
    validate(headers, status_code, fields);
    return fields;
}
ResponseFields validate_headers(FieldViews given, int status_code) {
    ResponseFields fields;
    validate(given, status_code, fields);
    return fields;
}

}  // namespace grove::http
