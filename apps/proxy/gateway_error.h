// gateway_error.h - what a client is told of an upstream that fails.
#pragma once

#include <grove/http/client_error.h>
#include <grove/http/http_error.h>

/// 504 if it failed in time, 502 otherwise; 400 if the request's target is no URL's. What failed is for the log alone.
inline grove::http::HttpError gateway_error(const grove::http::ClientError& error) {
    using Kind = grove::http::ClientError::Kind;
    if (error.kind() == Kind::kUrl) return {400, "the target is not passed on"};
    return {error.kind() == Kind::kTimeout ? 504 : 502};
}
