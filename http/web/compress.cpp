#include <grove/web/compress.h>

#include <memory>
#include <string_view>
#include <utility>

#include <grove/http/http_error.h>

#include "changed_fields.h"
#include "compress_rules.h"
#include "encoded_answer.h"

namespace grove::web {
namespace {

using Rules = std::shared_ptr<const CompressRules>;

http::Body call_encoded(const Rules& rules, Coding coding, const http::Application& inner,
                        http::Environ& environ, http::StartResponse& start_response) {
    const auto answer = std::make_shared<EncodedAnswer>(rules, coding, environ, start_response);
    // What is thrown is a short text: it stays as it is.
    const auto leave = [rules](int status, http::Headers& headers) {
        rules->leave(status, headers, {});
    };
    try {
        http::Body body = answer->body_of(inner(environ, answer->start_response()));
        change_what_is_thrown_later(body, leave);
        return body;
    } catch (const http::HttpError& error) {
        answer->end();
        throw changed(error, leave);
    } catch (...) {  // to rethrow it
        answer->end();
        throw;
    }
}

}  // namespace

http::Middleware compress(CompressOptions options) {
    // Shared: applications are copied.
    const auto rules = std::make_shared<const CompressRules>(std::move(options));
    return [rules](http::Application inner) -> http::Application {
        return [rules, inner = std::move(inner)](
                   http::Environ& environ, http::StartResponse& start_response) -> http::Body {
            if (const auto coding = rules->coding_for(environ))
                return call_encoded(rules, *coding, inner, environ, start_response);
            const std::string_view if_none_match = environ["HTTP_IF_NONE_MATCH"];
            return call_with_fields(
                inner, environ, start_response,
                [rules = rules.get(), if_none_match](int status, http::Headers& headers) {
                    rules->leave(status, headers, if_none_match);
                });
        };
    };
}

}  // namespace grove::web
