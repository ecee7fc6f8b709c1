// grove_module.h - the module _grove, by which Python reaches the server.
#pragma once

namespace grove::wsgi {

/// Before Python starts.
void add_grove_module();

}  // namespace grove::wsgi
