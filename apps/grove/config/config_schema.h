// config_schema.h - the configuration's keys, described for editors and for the reference.
#pragma once

#include <string>

namespace grove::http {

/// The JSON Schema (draft 7) of the configuration's file: every key with its type, range, default and meaning. The
/// schema accepts every file that read_config() accepts; only read_config() checks keys against one
/// another.
std::string config_schema();

}  // namespace grove::http
