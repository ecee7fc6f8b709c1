// certificate_facts.h - what `grove check` and the metrics tell of a file of certificates.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

struct CertificateFacts {
    /// In which each certificate of the chain is good.
    std::chrono::system_clock::time_point from;
    std::chrono::system_clock::time_point until;
    bool covers = true;  ///< The first one is good for the host that was asked about.
};

/// Of the PEM certificates in `file`; nullopt if there are none that can be read.
/// @param host  "*.example.org" too; "": any
std::optional<CertificateFacts> certificate_facts(const std::string& file, const std::string& host);
/// The same of PEM that was read already.
std::optional<CertificateFacts> certificate_facts_in(std::string_view pem, const std::string& host);

/// When what is in the file has to be exchanged for a newer one; nullopt if it does not say, or cannot be read.
using Until = std::optional<std::chrono::system_clock::time_point>;
/// Of an OCSP response in DER, and of lists of revoked certificates in PEM: the first of them.
Until ocsp_until(const std::string& file);
Until crl_until(const std::string& file);
