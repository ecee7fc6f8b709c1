// redis.h - Redis for greenlets: everything of grove::redis, an optional component.
#pragma once

#include <grove/redis/connection.h>    // IWYU pragma: export
#include <grove/redis/pool.h>          // IWYU pragma: export
#include <grove/redis/reply.h>         // IWYU pragma: export
#include <grove/redis/subscription.h>  // IWYU pragma: export
