// mute - has the note of a plugin, and no symbol.
#include <grove/http/plugin_abi.h>

namespace {
[[gnu::section(".note.grove"), gnu::used]] alignas(4) constexpr grove::http::PluginNote note{};
}
