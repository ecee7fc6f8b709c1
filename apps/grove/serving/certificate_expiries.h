// certificate_expiries.h - when the certificates of a configuration must have been exchanged.
#pragma once

#include <grove/http/sources.h>

#include "certificate_expiry.h"
#include "config.h"

/// Of all listeners, sorted by name, as they were read. What cannot be read is left out.
CertificateExpiries certificate_expiries(const grove::http::Config& config,
                                         grove::http::Sources& sources);
