// What a query costs its client: grove's Connection beside libpq's own blocking call, by one unix socket, one after
// another (C-061). It starts a PostgreSQL of its own, Debian's. Run: build/release/bin/postgres_bench; the column CPU is
// what counts, as the server is another process.
#include <array>
#include <memory>
#include <stdexcept>
#include <string>

#include <benchmark/benchmark.h>
#include <libpq-fe.h>

#include <grove/postgres/connection.h>

#include "postgres_server.h"

namespace {

using grove::test::PostgresServer;

constexpr const char* kOneRow = "SELECT $1::text AS name, 42 AS number";
constexpr const char* kManyRows = "SELECT $1::text AS name, n FROM generate_series(1, 100) n";

const std::string& conninfo() {
    struct Started {
        Started() { server.SetUp(); }
        ~Started() { server.TearDown(); }
        PostgresServer server{};
    };
    static const Started started;
    static const std::string conninfo = started.server.conninfo();
    return conninfo;
}

void ask_by_grove(benchmark::State& state, const char* query, std::size_t rows) {
    auto connection = grove::postgres::Connection::open(conninfo());
    for (auto _ : state) {
        if (connection.query(query, {"Ada"}).size() != rows) throw std::runtime_error{"grove"};
    }
}

void ask_by_libpq(benchmark::State& state, const char* query, int rows) {
    const std::unique_ptr<PGconn, decltype(&PQfinish)> connection{PQconnectdb(conninfo().c_str()),
                                                                  PQfinish};
    const std::array<const char*, 1> values{"Ada"};
    for (auto _ : state) {
        const std::unique_ptr<PGresult, decltype(&PQclear)> result{
            PQexecParams(connection.get(), query, 1, nullptr, values.data(), nullptr, nullptr, 0),
            PQclear};
        if (PQntuples(result.get()) != rows) throw std::runtime_error{"libpq"};
    }
}

void grove_one(benchmark::State& state) { ask_by_grove(state, kOneRow, 1); }
BENCHMARK(grove_one);
void libpq_one(benchmark::State& state) { ask_by_libpq(state, kOneRow, 1); }
BENCHMARK(libpq_one);
void grove_100(benchmark::State& state) { ask_by_grove(state, kManyRows, 100); }
BENCHMARK(grove_100);
void libpq_100(benchmark::State& state) { ask_by_libpq(state, kManyRows, 100); }
BENCHMARK(libpq_100);

}  // namespace
