// config_keys.h - the table of the configuration's keys: everything that is said about a key is said there once.
#pragma once

#include <span>

#include "config_key.h"

namespace grove::http {

/// Every key, a section before what is in it; the first is the whole configuration ("").
std::span<const ConfigKey> config_keys();

}  // namespace grove::http
