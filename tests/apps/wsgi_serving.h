// wsgi_serving.h - the built binary, serving Python applications.
#pragma once

#include <memory>
#include <string>

#include "supervised.h"

namespace grove {

/// For "/closes" of rows.py: the thread takes a request when it has closed what the ones before had.
inline constexpr const char* kOneThread = R"(, "threads": 1)";

/// With the applications of tests/apps/wsgi.
class WsgiServing : public Supervised {
protected:
    /// What the processes that are started from here on need.
    WsgiServing();

    /// An entry of "apps". @param config  further members of its "config", each with a comma before it
    static std::string app(const std::string& config = "", const std::string& module = "rows",
                           const std::string& mount = "/");
    /// Serves rows.py at "/". @param members  further members of the configuration, each with a comma before it
    std::unique_ptr<Serving> serve_rows(const std::string& config = "",
                                        const std::string& members = "") const;
    /// Writes an application of the test's own. @return what app()'s `config` needs to find it
    std::string write_module(const char* name, const std::string& text) const;
};

/// What comes piece by piece is one text here: whether a short answer leaves in chunks is a matter of time.
std::string whole_body_of(const std::string& answer);
/// "200 body" of an answer.
std::string brief(const std::string& answer);

}  // namespace grove
