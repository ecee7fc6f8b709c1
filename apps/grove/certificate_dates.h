// certificate_dates.h - how long the certificates in a file are good.
#pragma once

#include <chrono>
#include <optional>
#include <string>

/// The time in which each certificate of a chain is good.
struct CertificateDates {
    std::chrono::system_clock::time_point from;
    std::chrono::system_clock::time_point until;
};

/// Of the PEM certificates in `file`; nullopt if there are none that can be read.
std::optional<CertificateDates> certificate_dates(const std::string& file);
