// own_note.h - the note that a plugin's must equal: that of the library which the plugin is to call.
#pragma once

#include <grove/core/detail/export.h>
#include <grove/http/plugin_abi.h>

namespace grove::http {

/// As this library was built. The program that loads plugins may be of another build.
[[nodiscard]] GROVE_EXPORT const PluginNote& own_note() noexcept;

}  // namespace grove::http
