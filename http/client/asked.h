// asked.h - what a request asks for, which is also how the texts of its errors begin.
#pragma once

#include <string>

#include "url.h"

namespace grove::http {

struct Asked {
    std::string method{};
    Url url{};

    /// "GET http://host/path". Made for an error alone: most requests have none.
    [[nodiscard]] std::string label() const { return method + " " + url.shown(); }
};

}  // namespace grove::http
