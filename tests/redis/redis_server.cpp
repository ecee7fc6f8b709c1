#include "redis_server.h"

namespace grove::test {

const RedisServer* const redis_server =
    static_cast<RedisServer*>(testing::AddGlobalTestEnvironment(new RedisServer));

}  // namespace grove::test
