// admin_token.h - who may ask the admin for more than whether it is well.
#pragma once

#include <string>

#include <grove/http/application.h>

/// `application` for requests with "Authorization: Bearer TOKEN" (RFC 6750), and 401 for others; /healthz and /readyz
/// are for all. How long a comparison takes tells nothing of the token but its length.
/// @param token  "": the application as it is
grove::http::Application only_with(std::string token, grove::http::Application application);
