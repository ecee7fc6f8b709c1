#include <grove/web/security_headers.h>

#include <memory>
#include <stdexcept>
#include <utility>

#include "changed_fields.h"

namespace grove::web {
namespace {

struct SecurityFields {
    http::Headers always{};
    http::Headers over_https{};
};

[[noreturn]] void refuse(const std::string& what) {
    throw std::invalid_argument{"security_headers: " + what};
}

void check_value(const char* option, const std::string& value) {
    if (!http::is_field_value(value))
        refuse(std::string{option} + " cannot be the value of a field");
}

std::string content_policy(const SecurityHeadersOptions& options) {
    if (options.frame.find_first_of(";,") != std::string::npos)
        refuse("frame must hold only the sources of frame-ancestors");
    if (options.frame.empty()) return options.policy;
    if (options.policy.find("frame-ancestors") != std::string::npos) {
        refuse(
            "policy has frame-ancestors, as frame does: set frame to \"\", or leave them out of "
            "policy");
    }
    const std::string ancestors = "frame-ancestors " + options.frame;
    return options.policy.empty() ? ancestors : options.policy + "; " + ancestors;
}

SecurityFields fields_of(const SecurityHeadersOptions& options) {
    check_value("frame", options.frame);
    check_value("referrer", options.referrer);
    check_value("policy", options.policy);
    if (options.hsts && options.hsts->count() < 0) refuse("hsts must not be negative");
    SecurityFields fields;
    if (options.nosniff) fields.always.emplace_back("X-Content-Type-Options", "nosniff");
    std::string policy = content_policy(options);
    if (!policy.empty()) fields.always.emplace_back("Content-Security-Policy", std::move(policy));
    if (!options.referrer.empty()) fields.always.emplace_back("Referrer-Policy", options.referrer);
    if (options.hsts) {
        std::string hsts = "max-age=" + std::to_string(options.hsts->count());
        if (options.hsts_subdomains) hsts += "; includeSubDomains";
        fields.over_https.emplace_back("Strict-Transport-Security", std::move(hsts));
    }
    return fields;
}

void add_missing(const http::Headers& fields, http::Headers& headers) {
    for (const auto& field : fields) {
        if (http::find(headers, field.first) == nullptr) headers.push_back(field);
    }
}

}  // namespace

http::Middleware security_headers(SecurityHeadersOptions options) {
    // Shared: applications are copied.
    const auto fields = std::make_shared<const SecurityFields>(fields_of(options));
    return [fields](http::Application inner) -> http::Application {
        return [fields, inner = std::move(inner)](http::Environ& environ,
                                                  http::StartResponse& start_response) {
            const bool https = environ["wsgi.url_scheme"] == "https";
            return call_with_fields(inner, environ, start_response,
                                    [fields = fields.get(), https](int, http::Headers& headers) {
                                        add_missing(fields->always, headers);
                                        if (https) add_missing(fields->over_https, headers);
                                    });
        };
    };
}

}  // namespace grove::web
