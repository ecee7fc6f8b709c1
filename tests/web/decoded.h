// decoded.h - what a client makes of an encoded body, by the libraries' own decoders.
#pragma once

#include <string>
#include <string_view>

namespace grove::test {

/// All of `bytes` that can be decoded, whether or not their end is there.
/// @throws std::runtime_error  they are broken
std::string decoded(std::string_view coding, std::string_view bytes);

}  // namespace grove::test
