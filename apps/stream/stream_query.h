// stream_query.h - what `?chunks=N&size=B&delay=SECONDS` asks for.
#pragma once

#include <cstddef>
#include <string_view>

#include <grove/core/duration.h>

struct StreamQuery {
    static constexpr std::size_t kMostChunks = 1'000'000;
    static constexpr std::size_t kMostBytes = 1'048'576;  ///< Of one chunk.
    static constexpr double kLongestDelay = 3600;         ///< Seconds.

    std::size_t chunks = 10;
    std::size_t bytes = 1024;
    grove::Duration delay{};

    /// Every key may be left out.
    /// @throws std::invalid_argument  with the reason, for an unknown or repeated key and for a value
    /// that is no number or out of bounds
    [[nodiscard]] static StreamQuery parse(std::string_view query);
};
