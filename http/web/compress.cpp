#include <grove/web/compress.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <grove/http/headers.h>
#include <grove/http/http_error.h>

#include "changed_fields.h"
#include "compress_rules.h"
#include "encoded_answer.h"

namespace grove::web {
namespace {

using Rules = std::shared_ptr<const CompressRules>;

void check(const CompressOptions& options) {
    if (options.level && (*options.level < 1 || *options.level > 9))
        throw std::invalid_argument{"compress: level must be from 1 to 9"};
    for (const std::string& type : options.types) {
        const std::size_t slash = type.find('/');
        if (slash == type.npos || !http::is_token(type.substr(0, slash)) ||
            !http::is_token(type.substr(slash + 1)))
            throw std::invalid_argument{"compress: types: \"" + type + "\" is not a media type"};
    }
}

CompressTerms terms_of(CompressOptions options) {
    check(options);
    CompressTerms terms{.types = std::move(options.types),
                        .minimum = options.minimum,
                        .level = options.level,
                        .cross_site = options.cross_site,
                        .with_cookies = options.with_cookies};
    if (options.br) terms.codings.push_back(Coding::kBrotli);
    if (options.zstd) terms.codings.push_back(Coding::kZstd);
    if (options.gzip) terms.codings.push_back(Coding::kGzip);
    return terms;
}

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
    const auto rules = std::make_shared<const CompressRules>(terms_of(std::move(options)));
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
