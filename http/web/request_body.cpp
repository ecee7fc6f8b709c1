#include <algorithm>
#include <memory>
#include <stdexcept>
#include <utility>

#include <grove/http/environ.h>
#include <grove/http/http_error.h>
#include <grove/http/input.h>
#include <grove/web/request.h>

#include "content_type.h"
#include "multipart_reader.h"
#include "part_head.h"
#include "urlencoded.h"

namespace grove::web {
namespace {

constexpr std::string_view kBody = "grove.web.body";
constexpr std::size_t kUnlimited = PTRDIFF_MAX - 1;

/// In the environ, so that all Requests of it know. There: the body is read, or being read.
struct ReadBody {
    std::optional<Fields> form{};  // what form() made of it
    std::size_t form_bytes = 0;    // of it that its limit counts
};

ReadBody& begin_reading(http::Environ& environ) {
    std::shared_ptr<void>& there = environ.shared(kBody);
    if (there != nullptr)
        throw std::logic_error{"Request: the body was already read, and can be read only once"};
    auto begun = std::make_shared<ReadBody>();
    ReadBody& body = *begun;
    there = std::move(begun);
    return body;
}

void check_size(std::size_t bytes, std::size_t limit) {
    if (bytes > limit)
        throw http::HttpError{413, "the body is larger than " + std::to_string(limit) + " bytes"};
}

std::string read_text(http::Environ& environ, std::size_t limit) {
    limit = std::min(limit, kUnlimited);
    std::string text = environ.input().read(static_cast<std::ptrdiff_t>(limit + 1));
    check_size(text.size(), limit);
    return text;
}

MultipartReader::Source source_of(http::Environ& environ) {
    return [input = environ.input()](std::size_t most, bool line) mutable {
        const auto bytes = static_cast<std::ptrdiff_t>(most);
        return line ? input.readline(bytes) : input.read(bytes);
    };
}

/// @param bytes  gets the sum of the names' and the values'
Fields fields_of(Multipart multipart, std::size_t limit, std::size_t& bytes) {
    std::vector<Fields::Field> fields;
    for (Part& part : multipart) {
        if (part.is_file()) continue;
        if (part.name().size() > limit)
            throw http::HttpError{413, "the fields of the form are too large"};
        limit -= part.name().size();
        std::string text = part.text(limit);
        limit -= text.size();
        bytes += part.name().size() + text.size();
        fields.emplace_back(part.name(), std::move(text));
    }
    return Fields{std::move(fields)};
}

}  // namespace

std::string Request::text(std::size_t limit) {
    begin_reading(environ_);
    return read_text(environ_, limit);
}

const Fields& Request::form(std::size_t limit) {
    if (const auto* const body = static_cast<const ReadBody*>(environ_.shared(kBody).get())) {
        if (body->form) {  // who read it first, csrf() for one, may have allowed more
            check_size(body->form_bytes, limit);
            return *body->form;
        }
    }
    const std::string_view type = environ_["CONTENT_TYPE"];
    const std::string_view media_type = media_type_of(type);
    if (http::iequals(media_type, "multipart/form-data")) {
        Multipart parts = multipart({.parts = kMostFields});
        auto& body = *static_cast<ReadBody*>(environ_.shared(kBody).get());
        return body.form.emplace(fields_of(std::move(parts), limit, body.form_bytes));
    }
    if (!http::iequals(media_type, "application/x-www-form-urlencoded")) {
        throw http::HttpError{415,
                              "the body must be application/x-www-form-urlencoded or "
                              "multipart/form-data"};
    }
    ReadBody& body = begin_reading(environ_);
    const std::string text = read_text(environ_, limit);
    body.form_bytes = text.size();
    return body.form.emplace(parse_urlencoded(text));
}

Multipart Request::multipart(MultipartLimits limits) {
    const std::string boundary = boundary_of(environ_["CONTENT_TYPE"]);
    begin_reading(environ_);
    return Multipart{MultipartReader{source_of(environ_), boundary, limits}};
}

}  // namespace grove::web
