// admin_hosts.h - by which hosts the admin may be asked.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <grove/http/application.h>

/// A page of a foreign site that has its name resolved to the admin's address ("DNS rebinding") makes a browser ask
/// the admin, and reads the answer; but by that name. So a name must be a known one, and an address may be any.
class AdminHosts {
public:
    /// @param names  beside localhost, without a port, in lower case
    explicit AdminHosts(std::vector<std::string> names) : names_{std::move(names)} {}

    /// @param host  of a Host field that was found to be one; with any port
    [[nodiscard]] bool allow(std::string_view host) const;

private:
    std::vector<std::string> names_;
};

/// `application` for those hosts, 421 for others.
grove::http::Application only_for(AdminHosts hosts, grove::http::Application application);
