#include <grove/http/application.h>

#include <stdexcept>
#include <utility>

#include <grove/http/spare_headers.h>

#include "response_fields.h"
#include "served_request.h"

namespace grove::http {

Write::Write(ServedRequest& request) noexcept : request_{&request} { request_->retain(); }
Write::Write(std::function<void(std::string_view)> function) : request_{nullptr} {
    if (!function) throw std::invalid_argument{"Write: there is no function"};
    function_ = std::make_shared<const std::function<void(std::string_view)>>(std::move(function));
}
Write::Write(const Write& other) noexcept : request_{other.request_}, function_{other.function_} {
    if (request_ != nullptr) request_->retain();
}
Write& Write::operator=(Write other) noexcept {
    std::swap(request_, other.request_);
    std::swap(function_, other.function_);
    return *this;
}
Write::~Write() {
    if (request_ != nullptr) request_->release();
}

void Write::operator()(std::string_view data) const {
    if (request_ == nullptr) return (*function_)(data);
    if (request_->ended() || request_->response.complete())
        throw std::logic_error{"write: the response has ended"};
    request_->response.write(data);
}

void StartResponse::refuse_no_function() {
    throw std::invalid_argument{"StartResponse: there is no function"};
}

Write StartResponse::start(std::string&& status, Headers&& headers, std::exception_ptr&& exc_info) {
    request_->response.start(std::move(status), std::move(headers), std::move(exc_info));
    return Write{*request_};
}

// The inner application must see the rules hold, whatever the middleware makes of its call.
void StartResponse::check(const std::string& status, const Headers& headers,
                          const std::exception_ptr& exc_info) {
    if (called_ && exc_info == nullptr)
        throw std::logic_error{"start_response was called twice without exc_info"};
    validate_answer(status, headers);
    called_ = true;
}

Write StartResponse::operator()(std::string status, Headers headers,
                                const std::exception_ptr& exc_info) {
    return (*this)(std::move(status), std::move(headers), std::exception_ptr{exc_info});
}

Write StartResponse::operator()(
    std::string_view status,
    std::initializer_list<std::pair<std::string_view, std::string_view>> headers) {
    if (request_ == nullptr) return call_function(status, headers);
    request_->response.start(status, headers);
    return Write{*request_};
}

// Apart: a function that has strings of its own guards its stack.
[[gnu::noinline]] Write StartResponse::call_function(
    std::string_view status,
    std::initializer_list<std::pair<std::string_view, std::string_view>> headers) {
    Headers own = take_spare_headers();
    for (const auto& [name, value] : headers) own.emplace_back(name, value);
    return (*this)(std::string{status}, std::move(own), std::exception_ptr{});
}

}  // namespace grove::http
