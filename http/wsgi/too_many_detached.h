// too_many_detached.h - what Environ::release_slot() throws beyond limits.detached.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>

namespace grove::http {

/// Left to the server, it is answered with 503.
class TooManyDetached : public std::runtime_error {
public:
    explicit TooManyDetached(std::size_t most)
        : std::runtime_error{"release_slot: " + std::to_string(most) +
                             " requests, which is limits.detached, run without their slots"} {}
};

}  // namespace grove::http
