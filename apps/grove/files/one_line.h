// one_line.h - whatever a message quotes, it is one line.
#pragma once

#include <string>
#include <string_view>

namespace grove::http {

/// Control characters spelt \xhh; so are those of UTF-8 (U+0080 to U+009F), which terminals obey, too.
std::string one_line(std::string_view text);

}  // namespace grove::http
