// foreign - the note of a plugin that was built for another ABI.
#include <grove/http/plugin_abi.h>

namespace {
[[gnu::section(".note.grove"), gnu::used]] alignas(4) constexpr grove::http::PluginNote note{
    .abi = GROVE_PLUGIN_ABI + 6};
}
