// buffered_bytes.h - bytes of bodies that were received for requests without a slot.
#pragma once

#include <cstddef>
#include <utility>

#include "exchange.h"

namespace grove::http {

/// Of all servers that share a ConnectionLimit: limits.buffered bounds them together.
struct BufferedBytes {
    std::size_t all = 0;

    void add(Exchange& exchange, std::size_t bytes) noexcept {
        exchange.buffered += bytes;
        all += bytes;
    }
    /// The exchange does not wait for its slot any more.
    void let_go(Exchange& exchange) noexcept {
        all -= std::exchange(exchange.buffered, 0);
        exchange.spooled.reset();
    }
};

}  // namespace grove::http
