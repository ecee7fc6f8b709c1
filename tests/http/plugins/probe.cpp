// probe - a plugin whose config says how its factory ends.
#include <stdexcept>
#include <string_view>

#include <grove/plugin.h>

namespace {

using namespace grove::http;

Application make(std::string_view config) {
    if (config == "throw") throw std::runtime_error{"no root, wanted a folder"};
    if (config == "throw 42") throw 42;
    if (config == "nothing") return {};
    return [](Environ&, StartResponse&) -> Body { return {}; };
}

}  // namespace

GROVE_PLUGIN(probe, "3.1", make);
