// metrics_text.h - what the workers count, as Prometheus reads it (text format 0.0.4).
#pragma once

#include <string>

#include "certificate_expiry.h"
#include "scoreboard.h"

/// Never switches.
std::string metrics_text(const grove::http::Scoreboard& board, const CertificateExpiries& expiries);
