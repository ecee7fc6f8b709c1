// ws_extension.h - what is agreed on about permessage-deflate (RFC 7692 section 7.1). No I/O.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace grove::http {

struct AgreedDeflate {
    std::string answer{};  // the element of Sec-WebSocket-Extensions
    int window_bits = 15;  // 9 to 15, of what the server compresses
};

/// Takes the first offer that may be taken. Both sides forget each message at its end. An offer that has a parameter
/// which is unknown, given twice or has a bad value is declined, and so is one of server_max_window_bits=8, which zlib
/// cannot compress for.
/// @param offered  Sec-WebSocket-Extensions; what follows a breach of its grammar offers nothing
/// @return nullopt: none. @throws std::bad_alloc
[[nodiscard]] std::optional<AgreedDeflate> agree_on_deflate(std::string_view offered);

}  // namespace grove::http
