// wsgi - Python applications (PEP 3333), such as those of Flask and Django. README.md says what "config" may have.
#include "python.h"
// Python's header comes first.

#include <memory>
#include <string_view>

#include <grove/plugin.h>

#include "settings.h"
#include "wsgi_application.h"

namespace {

using namespace grove::http;

Application make_wsgi(std::string_view config) {
    // Shared: an Application copies, and its copies are of one application of Python's.
    const auto application =
        std::make_shared<grove::wsgi::WsgiApplication>(grove::wsgi::read_settings(config));
    return [application](Environ& environ, StartResponse& start_response) {
        return (*application)(environ, start_response);
    };
}

}  // namespace

GROVE_PLUGIN(wsgi, "1.0", make_wsgi);
