#include <grove/web/request.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <memory>
#include <stdexcept>

#include <grove/http/environ.h>

#include "cookie_text.h"
#include "route_match.h"
#include "urlencoded.h"

namespace grove::web {
namespace {

[[noreturn, gnu::cold, gnu::noinline]] void refuse_name(std::string_view name) {
    throw std::out_of_range{"Request: the path has no {" + std::string{name} + '}'};
}

PathValue value_of(const RouteMatch* match, std::string_view name) {
    if (match != nullptr && match->rule != nullptr) {
        if (const auto value = find_parameter(*match->rule, match->path, name)) return *value;
    }
    refuse_name(name);
}

template <class Number>
Number number_of(const RouteMatch* match, std::string_view name) {
    const PathValue value = value_of(match, name);
    if (value.converter != Converter::kInt && value.converter != Converter::kUint)
        throw std::logic_error{"Request: {" + std::string{name} + "} is not a number in its rule"};
    Number number{};
    const std::string text = decoded(value.sent, match->path);
    if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc{})
        throw std::out_of_range{"Request: {" + std::string{name} + "} is too large"};
    return number;
}

}  // namespace

std::string_view Request::method() const { return environ_["REQUEST_METHOD"]; }

std::string_view Request::path() const { return environ_["PATH_INFO"]; }

std::optional<std::string> Request::query(std::string_view name) const {
    return find_urlencoded(environ_["QUERY_STRING"], name);
}

std::vector<std::string> Request::query_all(std::string_view name) const {
    return find_all_urlencoded(environ_["QUERY_STRING"], name);
}

std::optional<std::string> Request::cookie(std::string_view name) const {
    const auto found = find_cookie(environ_["HTTP_COOKIE"], name);
    return found ? std::optional<std::string>{*found} : std::nullopt;
}

std::string Request::path_text(std::string_view name) const {
    const PathValue value = value_of(match_, name);
    return decoded(value.sent, match_->path);
}

std::int64_t Request::path_int(std::string_view name) const {
    return number_of<std::int64_t>(match_, name);
}

std::uint64_t Request::path_uint(std::string_view name) const {
    return number_of<std::uint64_t>(match_, name);
}

std::string Request::url_for(
    std::string_view rule_name,
    std::initializer_list<std::pair<std::string_view, std::string>> values) const {
    if (match_ == nullptr) throw std::logic_error{"Request: url_for() is for handlers of a Router"};
    std::string_view root = environ_["SCRIPT_NAME"];
    root.remove_suffix(std::min(match_->prefix, root.size()));  // a middleware may have set it
    return match_->named->url_for(root, rule_name, values);
}

// Of an incomplete type here: a session is the business of its middleware.
Session& Request::session() {
    const std::shared_ptr<void>& session = environ_.shared("grove.web.session");
    if (session == nullptr) throw std::logic_error{"Request: there is no middleware sessions()"};
    return *static_cast<Session*>(session.get());
}

std::string Request::csrf_token() {
    const std::shared_ptr<void>& maker = environ_.shared("grove.web.csrf_token");
    if (maker == nullptr) throw std::logic_error{"Request: there is no middleware csrf()"};
    return (*static_cast<const std::function<std::string()>*>(maker.get()))();
}

http::StartResponse& Request::start_response() {
    if (start_response_ == nullptr)
        throw std::logic_error{"Request: start_response() is for handlers of a Router"};
    started_ = true;
    return *start_response_;
}

}  // namespace grove::web
