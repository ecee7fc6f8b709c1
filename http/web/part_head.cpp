#include "part_head.h"

#include <algorithm>
#include <utility>

#include <grove/http/http_error.h>

#include "content_type.h"

namespace grove::web {
namespace {

constexpr std::size_t kMostBoundary = 70;  // RFC 2046 section 5.1.1

[[noreturn]] void refuse_part(const char* reason) { throw http::HttpError{400, reason}; }

// What browsers write for three bytes, and for no others (HTML section 4.10.22.8).
std::string unescaped(std::string_view text) {
    std::string plain;
    while (!text.empty()) {
        const std::string_view escape = text.substr(0, 3);
        const char byte = escape == "%22"                      ? '"'
                          : escape == "%0D" || escape == "%0d" ? '\r'
                          : escape == "%0A" || escape == "%0a" ? '\n'
                                                               : '\0';
        plain += byte != '\0' ? byte : text.front();
        text.remove_prefix(byte != '\0' ? escape.size() : 1);
    }
    return plain;
}

std::string last_component(std::string path) {
    path.erase(0, path.find_last_of("/\\") + 1);  // none: npos + 1 is 0
    if (path == "." || path == "..") path.clear();
    return path;
}

std::pair<std::string, std::string> field_of(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) refuse_part("a line of a part's head has no colon");
    const std::string_view name = line.substr(0, colon);
    std::string_view value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    value = value.substr(0, value.find_last_not_of(" \t") + 1);
    if (!http::is_token(name)) refuse_part("a field of a part's head has a name that is no token");
    if (!http::is_field_value(value)) refuse_part("a field of a part's head has a control byte");
    return {std::string{name}, std::string{value}};
}

bool is_boundary(std::string_view boundary) noexcept {
    constexpr std::string_view kOthers = "'()+_,-./:=? ";
    return !boundary.empty() && boundary.size() <= kMostBoundary && boundary.back() != ' ' &&
           std::all_of(boundary.begin(), boundary.end(), [&](char byte) {
               return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                      (byte >= '0' && byte <= '9') || kOthers.find(byte) != kOthers.npos;
           });
}

}  // namespace

PartHead parse_part_head(std::string_view text) {
    PartHead head;
    while (!text.empty()) {
        const std::size_t end = text.find("\r\n");
        if (end == std::string_view::npos) refuse_part("a line of a part's head has no end");
        head.headers.push_back(field_of(text.substr(0, end)));
        text.remove_prefix(end + 2);
    }
    const std::string* const disposition = http::find(head.headers, "Content-Disposition");
    if (disposition == nullptr || !http::iequals(media_type_of(*disposition), "form-data"))
        refuse_part("a part needs Content-Disposition: form-data");
    // A file whose name cannot be read must not pass as a field.
    if (!has_whole_parameters(*disposition, Quoting::kForm))
        refuse_part("a parameter of a part's Content-Disposition is broken");
    const std::optional<std::string> name = parameter_of(*disposition, "name", Quoting::kForm);
    if (!name) refuse_part("a part has no name");
    head.name = unescaped(*name);
    if (const auto filename = parameter_of(*disposition, "filename", Quoting::kForm))
        head.filename = last_component(unescaped(*filename));
    return head;
}

std::string boundary_of(std::string_view content_type) {
    if (!http::iequals(media_type_of(content_type), "multipart/form-data"))
        throw http::HttpError{415, "the body must be multipart/form-data"};
    std::optional<std::string> boundary = parameter_of(content_type, "boundary", Quoting::kField);
    if (!boundary || !is_boundary(*boundary)) refuse_part("multipart/form-data needs a boundary");
    return std::move(*boundary);
}

}  // namespace grove::web
