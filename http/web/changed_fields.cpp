#include "changed_fields.h"

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include <grove/http/log.h>

namespace grove::web {
namespace {

struct Changed {
    Changed(http::StartResponse& outer, FieldChange how)
        : change{std::move(how)},
          start{[this, &outer](std::string status, http::Headers headers,
                               std::exception_ptr exc_info) {
              started = true;
              change(code_of(status), headers);
              return outer(std::move(status), std::move(headers), std::move(exc_info));
          }} {}

    const FieldChange change;
    bool started = false;
    http::StartResponse start;
};

/// To be called where `error` is caught. Throws what the server would answer to it, with the fields;
/// the error itself, if nobody is there to read an answer or a head was sent.
[[noreturn]] void throw_with_fields(Changed& kept, const http::BadRequest& error) {
    if (dynamic_cast<const http::ClientDisconnected*>(&error) != nullptr) throw;
    http::HttpError answer{error.status(), {}, {{"Connection", "close"}}};
    // PEP 3333: throws the error itself once a head was sent.
    if (kept.started) {
        kept.start(std::to_string(answer.status()) + ' ' + answer.what(), {},
                   std::current_exception());
    }
    http::log(http::LogLevel::kDebug, error.what());  // which is not for the client
    throw changed(answer, kept.change);
}

}  // namespace

int code_of(std::string_view status) noexcept {
    int code = 0;
    for (const char digit : status.substr(0, 3)) code = code * 10 + (digit - '0');
    return code;
}

bool may_still_start(http::Body& body) noexcept {
    return body.has_on_close() || std::holds_alternative<http::Body::Generator>(body.content());
}

http::HttpError changed(const http::HttpError& error, const FieldChange& change) {
    http::Headers headers = error.headers();
    change(error.status(), headers);
    return http::HttpError{error.status(), error.what(), std::move(headers)};
}

void change_what_is_thrown_later(http::Body& body, FieldChange change,
                                 std::function<void(const http::BadRequest&)> refuse) {
    auto* const generator = std::get_if<http::Body::Generator>(&body.content());
    if (generator == nullptr || !*generator) return;
    *generator = [change = std::move(change), refuse = std::move(refuse),
                  next = std::move(*generator)]() -> std::optional<std::string> {
        try {
            return next();
        } catch (const http::HttpError& error) {
            throw changed(error, change);
        } catch (const http::BadRequest& error) {
            if (refuse) refuse(error);
            throw;
        }
    };
}

http::Body call_with_fields(const http::Application& inner, http::Environ& environ,
                            http::StartResponse& start_response, FieldChange change) {
    // Shared with the body: until that is closed the inner application may call it.
    const auto kept = std::make_shared<Changed>(start_response, std::move(change));
    try {
        http::Body body = inner(environ, kept->start);
        change_what_is_thrown_later(
            body, [kept](int status, http::Headers& headers) { kept->change(status, headers); },
            [kept](const http::BadRequest& error) { throw_with_fields(*kept, error); });
        // A function to call at its end would keep the slot until a slow client has it all.
        if (may_still_start(body)) body.on_close([kept] {});
        return body;
    } catch (const http::HttpError& error) {
        throw changed(error, kept->change);
    } catch (const http::BadRequest& error) {
        throw_with_fields(*kept, error);
    }
}

}  // namespace grove::web
