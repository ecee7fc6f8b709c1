#include <grove/web/response.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <grove/http/spare_headers.h>

namespace grove::web {
namespace {

using http::iequals;

constexpr std::size_t kMostLengthDigits = 19;

[[noreturn]] void refuse_response(const std::string& reason) {
    throw std::invalid_argument{"Response: " + reason};
}

/// What start_response would refuse, but when the handler has gone.
void check_servers_field(std::string_view name, std::string_view value) {
    constexpr std::string_view kProxy = "proxy-";
    for (const std::string_view servers :
         {"TE", "Trailer", "Upgrade", "Keep-Alive", "Transfer-Encoding"}) {
        if (iequals(name, servers))
            refuse_response("header \"" + std::string{name} + "\" is the server's to set");
    }
    if (iequals(name.substr(0, kProxy.size()), kProxy))
        refuse_response("header \"" + std::string{name} + "\" is the server's to set");
    if (iequals(name, "Connection") && !iequals(value, "close") && !iequals(value, "keep-alive"))
        refuse_response("Connection may say close or keep-alive");
    const bool number = !value.empty() && value.size() <= kMostLengthDigits &&
                        value.find_first_not_of("0123456789") == std::string_view::npos;
    if (iequals(name, "Content-Length") && !number)
        refuse_response("Content-Length is not a number");
}

Response typed(std::string_view type, std::string&& body, int status) {
    Response response{
        .status = status, .headers = http::take_spare_headers(), .body = std::move(body)};
    response.headers.emplace_back(std::string_view{"Content-Type"}, type);
    return response;
}

}  // namespace

Response& Response::header(std::string name, std::string value) & {
    if (!http::is_token(name)) refuse_response("the name of a header is not a token");
    if (!http::is_field_value(value))
        refuse_response("control byte in the value of header \"" + name + '"');
    check_servers_field(name, value);
    const auto same = [&name](const auto& field) { return iequals(field.first, name); };
    const auto first = std::find_if(headers.begin(), headers.end(), same);
    if (first == headers.end()) {
        headers.emplace_back(std::move(name), std::move(value));
        return *this;
    }
    headers.erase(std::remove_if(first + 1, headers.end(), same), headers.end());
    first->second = std::move(value);
    return *this;
}

Response&& Response::header(std::string name, std::string value) && {
    return std::move(header(std::move(name), std::move(value)));
}

Response& Response::cookie(const Cookie& cookie) & {
    headers.emplace_back("Set-Cookie", set_cookie_value(cookie));
    return *this;
}

Response&& Response::cookie(const Cookie& cookie) && { return std::move(this->cookie(cookie)); }

Response text(std::string text, int status) {
    return typed("text/plain; charset=utf-8", std::move(text), status);
}

Response html(std::string text, int status) {
    return typed("text/html; charset=utf-8", std::move(text), status);
}

Response json(std::string text, int status) {
    return typed("application/json", std::move(text), status);
}

Response redirect(std::string to, int status) {
    if (status != 301 && status != 302 && status != 303 && status != 307 && status != 308)
        refuse_response("status " + std::to_string(status) + " is not a redirect");
    if (to.empty()) refuse_response("the target of a redirect must not be empty");
    Response response = empty(status);
    response.header("Location", std::move(to));
    return response;
}

Response file(http::File file) {
    Response response{.status = 200, .headers = {}, .body = Body{file}};
    response.headers.emplace_back("Content-Type", "application/octet-stream");
    return response;
}

Response empty(int status) { return {.status = status, .headers = {}, .body = {}}; }

Response started() { return empty(0); }

}  // namespace grove::web
