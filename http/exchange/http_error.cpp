#include <grove/http/http_error.h>

#include <utility>

#include <grove/http/status.h>

#include "response_fields.h"

namespace grove::http {
namespace {

int checked(int status, const Headers& headers) {
    if (status < 300 || status > 599) {
        throw std::invalid_argument{"HttpError: status " + std::to_string(status) +
                                    " is not one of 300-599"};
    }
    try {
        validate_headers(headers, status);
    } catch (const std::invalid_argument&) {
        throw;
    } catch (const std::logic_error& error) {  // a field that only the server may set
        throw std::invalid_argument{error.what()};
    }
    return status;
}

}  // namespace

HttpError::HttpError(int status, std::string text, Headers headers)
    : std::runtime_error{text.empty() ? std::string{reason_phrase(status)} : std::move(text)},
      status_{checked(status, headers)},
      headers_{std::move(headers)} {}

HttpError::~HttpError() = default;

}  // namespace grove::http
