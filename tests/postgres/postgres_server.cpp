#include "postgres_server.h"

namespace grove::test {

const PostgresServer* const postgres_server =
    static_cast<PostgresServer*>(testing::AddGlobalTestEnvironment(new PostgresServer));

}  // namespace grove::test
