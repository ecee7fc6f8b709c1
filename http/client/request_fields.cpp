#include "request_fields.h"

#include <stdexcept>

#include "ascii.h"
#include "authority.h"
#include "scan.h"

namespace grove::http {
namespace {

[[noreturn]] void refuse(const char* what, std::string_view text, const char* why) {
    std::string safe;
    for (const char byte : text) safe.push_back(byte >= ' ' && byte < 0x7f ? byte : '?');
    throw std::invalid_argument{"Client: " + (what + (" \"" + safe + "\"")) + why};
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
}

}  // namespace

void check_request(std::string_view method, const Headers& headers) {
    if (!is_token_text(method)) refuse("method", method, " is not a token");
    if (method == "CONNECT") refuse("method", method, " is for proxies, which are not spoken to");
    std::size_t hosts = 0;
    for (const auto& [name, value] : headers) {
        if (!is_token_text(name)) refuse("header name", name, " is not a token");
        if (!is_value_text(value)) refuse("header", name, " has a control byte in its value");
        if (matches(name, "content-length") || matches(name, "transfer-encoding") ||
            matches(name, "connection"))
            refuse("header", name, " is the client's own to set");
        if (!matches(name, "host")) continue;
        if (++hosts > 1) refuse("header", name, " is given twice");
        if (!is_authority(value)) refuse("header", name, " is not a host with an optional port");
    }
}

std::string_view accepted_codings() noexcept { return "gzip, deflate, br, zstd"; }

void append_request_head(std::string& out, std::string_view method, const Url& url,
                         const Headers& headers, const RequestLength& length,
                         const RequestExtras& extras) {
    out += method;
    out += ' ';
    out += url.target;
    out += " HTTP/1.1\r\n";
    if (find(headers, "Host") == nullptr) append_field(out, "Host", url.authority);
    for (const auto& [name, value] : headers) append_field(out, name, value);
    if (!extras.user_agent.empty() && find(headers, "User-Agent") == nullptr)
        append_field(out, "User-Agent", extras.user_agent);
    if (extras.accepts_codings) append_field(out, "Accept-Encoding", accepted_codings());
    if (find(headers, "Upgrade") != nullptr) append_field(out, "Connection", "Upgrade");
    if (length.chunked) {
        append_field(out, "Transfer-Encoding", "chunked");
    } else if (length.bytes) {
        append_field(out, "Content-Length", std::to_string(*length.bytes));
    }
    out += "\r\n";
}

}  // namespace grove::http
