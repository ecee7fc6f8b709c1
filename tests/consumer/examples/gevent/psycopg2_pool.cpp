// Runs statements side by side over at most three connections.   psycopg2_pool CONNINFO SQL...
#include <iostream>
#include <string>
#include <vector>

#include <grove/pool.h>
#include <grove/postgres.h>

using namespace std::chrono_literals;

int main(int count, char** arguments) try {
    if (count < 2) throw std::invalid_argument{"usage: psycopg2_pool CONNINFO SQL..."};
    const std::vector<std::string> statements{arguments + 2, arguments + count};
    grove::postgres::Pool database{arguments[1], {.size = 3}};
    int failed = 0;
    const auto run = [&](const std::string& sql) {
        try {
            auto connection = database.acquire(10s);
            connection->transaction([&] {
                for (const auto row : connection->query(sql))
                    std::cout << sql << ": " << row.get<std::string>(0) << std::endl;
            });
        } catch (const std::exception& error) {
            std::cerr << sql << ": " << error.what() << '\n';
            ++failed;
        }
    };
    const bool in_time = grove::try_for(60s, [&] { grove::Pool{10}.map(run, statements); });
    std::cout << database.size() << " connections\n";
    return in_time && failed == 0 ? 0 : 1;
} catch (const std::exception& error) {
    std::cerr << "psycopg2_pool: " << error.what() << '\n';
    return 1;
}
