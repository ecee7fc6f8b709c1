// once - a plugin that a process may mount once.
#include <stdexcept>
#include <string_view>

#include <grove/plugin.h>

namespace {

using namespace grove::http;

Application make(std::string_view) {
    static bool made = false;
    if (made) throw std::runtime_error{"is there already, wanted one in a process"};
    made = true;
    return [](Environ&, StartResponse& start_response) -> Body {
        start_response("204 No Content", {});
        return {};
    };
}

}  // namespace

GROVE_PLUGIN(once, "1.0", make);
