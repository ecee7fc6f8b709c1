// redis_url.h - where a Redis server is, and how to log in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace grove::redis {

struct RedisUrl {
    std::string path{};  // of a unix socket; "": host and port
    std::string host{};
    std::uint16_t port = 6379;
    std::string user{}, password{};
    std::string database{};  // "": the server's first
};

/// @throws std::invalid_argument, which does not repeat the text: it may have a password
RedisUrl parse_redis_url(std::string_view text);

}  // namespace grove::redis
