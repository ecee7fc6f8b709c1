#include "own_note.h"

namespace grove::http {

const PluginNote& own_note() noexcept {
    static constexpr PluginNote kOurs{};
    return kOurs;
}

}  // namespace grove::http
