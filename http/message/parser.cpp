#include "parser.h"

#include <algorithm>

#include <llhttp.h>

#include "ascii.h"
#include "head_rules.h"
#include "method.h"

namespace grove::http {
namespace {

/// Where the callbacks put what they are told.
struct Parsed {
    std::vector<Field>& fields;
    std::string_view* target;          // null: of an answer
    const char* told_until = nullptr;  // the end of the last span
};

Parsed& parsed_of(llhttp_t* parser) noexcept { return *static_cast<Parsed*>(parser->data); }

/// `piece` appended to `whole`.
std::string_view extended(std::string_view whole, std::string_view piece) noexcept {
    if (whole.empty()) return piece;
    const char* const end = piece.data() + piece.size();
    return {whole.data(), static_cast<std::size_t>(end - whole.data())};
}

/// llhttp cuts no span within one run. If a version ever did, the pieces would be neighbours, which
/// two names or two values never are.
bool continues(Parsed& parsed, const char* at, std::size_t length) noexcept {
    return std::exchange(parsed.told_until, at + length) == at;
}

// None of these allocates: parse() has made the room that the guard allows, and an exception must not pass through C.

int on_url(llhttp_t* parser, const char* at, std::size_t length) noexcept {
    std::string_view& target = *parsed_of(parser).target;
    target = extended(target, {at, length});
    return 0;
}

int on_header_field(llhttp_t* parser, const char* at, std::size_t length) noexcept {
    Parsed& parsed = parsed_of(parser);
    std::vector<Field>& fields = parsed.fields;
    if (continues(parsed, at, length)) [[unlikely]] {
        if (!fields.empty()) fields.back().name = extended(fields.back().name, {at, length});
        return 0;
    }
    if (fields.size() == fields.capacity()) [[unlikely]]
        return -1;
    fields.push_back({{at, length}, {}});
    return 0;
}

int on_header_value(llhttp_t* parser, const char* at, std::size_t length) noexcept {
    std::string_view& value = parsed_of(parser).fields.back().value;
    value = extended(value, {at, length});  // llhttp has skipped what stands before it
    while (!value.empty() && is_ows(value.back())) value.remove_suffix(1);
    return 0;
}

// The body is none of llhttp's business: it stops where the head ends.
int on_headers_complete(llhttp_t* /*parser*/) noexcept { return HPE_PAUSED; }

llhttp_settings_t make_settings() noexcept {
    llhttp_settings_t settings;
    llhttp_settings_init(&settings);
    settings.on_url = on_url;
    settings.on_header_field = on_header_field;
    settings.on_header_value = on_header_value;
    settings.on_headers_complete = on_headers_complete;
    return settings;
}

// Called once for each head, and twice for one that is mended.
[[gnu::always_inline]] inline void begin(llhttp_t& parser, llhttp_type_t type, Parsed& out) {
    static const llhttp_settings_t settings = make_settings();
    llhttp_init(&parser, type, &settings);
    parser.data = &out;
    out.fields.clear();
    out.told_until = nullptr;
}

// A minor version of HTTP/1 that llhttp does not know as HTTP/1.1.
llhttp_errno_t execute_minor(llhttp_t& parser, const char* minor) {
    constexpr std::string_view kMinor = "1";
    return llhttp_execute(&parser, *minor != '0' ? kMinor.data() : minor, 1);
}

// Lines without the white space before their ends. @param result  of what came before; kept if it is an error
llhttp_errno_t execute_lines(llhttp_t& parser, std::string_view head, std::size_t at,
                             llhttp_errno_t result) {
    while (at != head.size() && result == HPE_OK) {
        const std::size_t end = head.find("\r\n", at);
        std::string_view line = head.substr(at, end - at);
        while (!line.empty() && is_ows(line.back())) line.remove_suffix(1);
        if (!line.empty()) result = llhttp_execute(&parser, line.data(), line.size());
        if (result == HPE_OK) result = llhttp_execute(&parser, head.data() + end, 2);
        at = end + 2;
    }
    return result;
}

// Mends what llhttp refuses and RFC 9110 allows: HTAB behind some fields' values (section 5.6.3),
// and minor versions of HTTP/1 that llhttp does not know (section 2.5). llhttp gets the head
// without white space before the ends of its lines, an unknown version as HTTP/1.1, and a method
// that the guard let through but llhttp does not know as POST.
llhttp_errno_t execute_mended(llhttp_t& parser, std::string_view head) {
    constexpr std::string_view kMethod = "POST";
    const std::size_t minor = head.find("\r\n") - 1;
    const std::size_t method = is_known_method(head.substr(0, head.find(' '))) ? 0 : head.find(' ');
    llhttp_errno_t result =
        method == 0 ? HPE_OK : llhttp_execute(&parser, kMethod.data(), kMethod.size());
    if (result == HPE_OK) result = llhttp_execute(&parser, head.data() + method, minor - method);
    if (result == HPE_OK) result = execute_minor(parser, head.data() + minor);
    return execute_lines(parser, head, minor + 1, result);
}

llhttp_errno_t execute_mended_answer(llhttp_t& parser, std::string_view head) {
    constexpr std::size_t kAnswersMinorAt = 7;
    llhttp_errno_t result = llhttp_execute(&parser, head.data(), kAnswersMinorAt);
    if (result == HPE_OK) result = execute_minor(parser, head.data() + kAnswersMinorAt);
    return execute_lines(parser, head, kAnswersMinorAt + 1, result);
}

// Of these, each field has one.
std::size_t lines_of(std::string_view head) noexcept {
    std::size_t lines = 0;
    for (std::size_t at = 0; (at = head.find('\n', at)) != head.npos; ++at) ++lines;
    return lines;
}

constexpr std::size_t kShortestField = 4;  // "a:" and its CRLF

[[gnu::always_inline]] inline Refusal judge(const llhttp_t& parser, llhttp_errno_t result,
                                            std::string_view head) {
    if (result != HPE_PAUSED) return Refusal{400, "the parser refused the head"};
    if (llhttp_get_error_pos(&parser) != head.data() + head.size())
        return Refusal{400, "guard and parser do not agree on where the head ends"};
    return {};
}

}  // namespace

Refusal HeadParser::parse(std::string_view head, const Limits& limits, RequestHead& out) {
    out.clear();
    out.field_list.reserve(std::min(limits.headers, head.size() / kShortestField));
    out.method = head.substr(0, head.find(' '));
    Parsed parsed{out.field_list, &out.target};

    llhttp_t parser;
    begin(parser, HTTP_REQUEST, parsed);
    llhttp_errno_t result = llhttp_execute(&parser, head.data(), head.size());
    if (result != HPE_PAUSED) {
        begin(parser, HTTP_REQUEST, parsed);
        result = execute_mended(parser, head);
    }
    if (const Refusal refusal = judge(parser, result, head)) return refusal;
    out.version_minor = parser.http_minor;
    return apply_head_rules(out, limits);
}

Refusal HeadParser::parse(std::string_view head, const Limits& limits, AnswerHead& out) {
    out = AnswerHead{};
    out.field_list.reserve(std::min(limits.headers, lines_of(head)));
    Parsed parsed{out.field_list, nullptr};

    llhttp_t parser;
    begin(parser, HTTP_RESPONSE, parsed);
    llhttp_errno_t result = llhttp_execute(&parser, head.data(), head.size());
    if (result != HPE_PAUSED) {
        begin(parser, HTTP_RESPONSE, parsed);
        result = execute_mended_answer(parser, head);
    }
    if (const Refusal refusal = judge(parser, result, head)) return refusal;
    out.version_minor = parser.http_minor;
    out.status = parser.status_code;
    return apply_head_rules(out, limits);
}

}  // namespace grove::http
