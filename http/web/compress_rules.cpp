#include "compress_rules.h"

#include <algorithm>
#include <array>

#include "accept_encoding.h"
#include "field_list.h"

namespace grove::web {
namespace {

bool matches(std::string_view listed, std::string_view type) {
    if (!listed.ends_with("/*")) return http::iequals(listed, type);
    listed.remove_suffix(1);
    return http::iequals(listed, type.substr(0, listed.size()));
}

// Of these, what is sent would no longer be what they tell of.
bool is_fixed(const http::Headers& headers) {
    constexpr std::array<std::string_view, 6> kFixing{"Content-Encoding", "Content-Range",
                                                      "Content-MD5",      "Content-Digest",
                                                      "Digest",           "Repr-Digest"};
    return std::any_of(
               kFixing.begin(), kFixing.end(),
               [&](std::string_view name) { return http::find(headers, name) != nullptr; }) ||
           any_has_element(headers, "Cache-Control", "no-transform");
}

void weaken(std::string& tag) {
    if (tag.starts_with('"')) tag.insert(0, "W/");
}

std::string* tag_of(http::Headers& headers) {
    for (auto& [name, value] : headers) {
        if (http::iequals(name, "ETag")) return &value;
    }
    return nullptr;
}

}  // namespace

std::optional<Coding> CompressRules::coding_for(const http::Environ& environ) const {
    if (!terms_.cross_site && http::iequals(environ["HTTP_SEC_FETCH_SITE"], "cross-site"))
        return std::nullopt;
    return wanted_coding(environ["HTTP_ACCEPT_ENCODING"], terms_.codings);
}

bool CompressRules::is_listed(const http::Headers& headers) const {
    const std::string* field = http::find(headers, "Content-Type");
    if (field == nullptr) return false;
    const std::string_view type = trimmed(std::string_view{*field}.substr(0, field->find(';')));
    return std::any_of(terms_.types.begin(), terms_.types.end(),
                       [type](const std::string& listed) { return matches(listed, type); });
}

bool CompressRules::may_encode(int status, const http::Headers& headers) const {
    const bool has_body =
        status >= 200 && status != 204 && status != 205 && status != 206 && status != 304;
    return has_body && is_listed(headers) && !is_fixed(headers) &&
           (terms_.with_cookies || http::find(headers, "Set-Cookie") == nullptr);
}

void CompressRules::leave(int status, http::Headers& headers,
                          std::string_view if_none_match) const {
    if (status == 304) {
        // Its tag has to be that of the answer which the client has kept.
        std::string* tag = tag_of(headers);
        if (tag != nullptr && has_element(if_none_match, "W/" + *tag)) weaken(*tag);
    }
    const bool untold = status == 304 && http::find(headers, "Content-Type") == nullptr;
    if (untold || is_listed(headers)) add_vary(headers, "Accept-Encoding");
}

void CompressRules::encode(Coding coding, http::Headers& headers) {
    remove_fields(headers, "Content-Length");
    remove_fields(headers, "Accept-Ranges");
    if (std::string* tag = tag_of(headers)) weaken(*tag);
    headers.emplace_back("Content-Encoding", name_of(coding));
    add_vary(headers, "Accept-Encoding");
}

}  // namespace grove::web
