// neighbour - needs a library that lies beside it.
#include <stdexcept>
#include <string_view>

#include <grove/plugin.h>

extern "C" const char* neighbour_word();

namespace {

grove::http::Application make(std::string_view) { throw std::runtime_error{neighbour_word()}; }

}  // namespace

GROVE_PLUGIN(neighbour, "1.0", make);
