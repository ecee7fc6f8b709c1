// What grove::web costs beside the rest of a request. Run: build/release/bin/web_bench
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include <grove/core/detail/loop.h>
#include <grove/web/rate_limit.h>
#include <grove/web/response.h>
#include <grove/web/router.h>

#include "canned_server.h"
#include "faults.h"
#include "route_tree.h"
#include "token_buckets.h"

namespace grove::web {
namespace {

constexpr std::string_view kHello = "Hello, World!";

template <class T>
void shuffle(std::vector<T>& items) {
    std::shuffle(items.begin(), items.end(), std::mt19937{1});
}

// among that many rules, each of which is asked for in turn, in no order.
void lookup(benchmark::State& state) {
    std::vector<Route> routes;
    std::vector<std::string> paths;
    for (std::int64_t i = 0; i < state.range(0); ++i) {
        const std::string resource = "/api/resource" + std::to_string(i);
        routes.push_back({.path = parse_rule(resource + "/{id:int}/parts/{part}"),
                          .methods = {"GET"},
                          .handler = [](Request&) { return text(""); }});
        paths.push_back(resource + "/12345/parts/wheel");
    }
    shuffle(paths);
    const RouteTree tree{routes};
    const bench::Faults faults{state};
    std::size_t at = 0;
    for (auto _ : state) {
        if (tree.find({paths[at], false}, "GET") == nullptr) std::abort();
        if (++at == paths.size()) at = 0;
    }
}
BENCHMARK(lookup)->Arg(1)->Arg(1000);

// one check, of that many clients in turn, in no order.
void bucket(benchmark::State& state) {
    constexpr double kPlenty = 1e9;
    std::vector<std::string> clients;
    for (std::int64_t i = 0; i < state.range(0); ++i) {
        const auto part = [i](int shift) { return std::to_string(i >> shift & 0xff); };
        clients.push_back("192." + part(16) + "." + part(8) + "." + part(0));
    }
    TokenBuckets buckets{kPlenty, kPlenty, clients.size()};
    const auto loop = make_system_loop();  // the hub of served() is not made yet
    for (const std::string& client : clients) buckets.take(client, loop->tick());
    shuffle(clients);
    const bench::Faults faults{state};
    std::size_t at = 0;
    for (auto _ : state) {
        if (buckets.take(clients[at], loop->tick()) > 0) std::abort();
        if (++at == clients.size()) at = 0;
    }
}
BENCHMARK(bucket)->Arg(1)->Arg(1000)->Arg(65536);

Body hello(http::Environ&, http::StartResponse& start_response) {
    start_response("200 OK", {{"Content-Type", "text/plain"}});
    return kHello;
}

Application limited() {
    constexpr double kPlenty = 1e9;
    return http::chain(hello, {rate_limit({.rate = kPlenty, .burst = kPlenty})});
}

// what the whole middleware costs is the difference of these two; R-052: of the next two, the quotient.
void served(benchmark::State& state, std::string_view path, const Application& application) {
    constexpr std::size_t kBatch = 6400;
    constexpr std::int64_t kConnections = 64;
    const std::string request =
        std::string{"GET "}.append(path).append(" HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n\r\n");
    http::CannedServer server{request, application, kConnections};
    server.serve(kBatch);
    const bench::Faults faults{state};
    while (state.KeepRunningBatch(kBatch)) server.serve(kBatch);
}
BENCHMARK_CAPTURE(served, plain, "/", hello);
BENCHMARK_CAPTURE(served, limited, "/", limited());

Body by_hand(http::Environ& environ, http::StartResponse& start_response) {
    const std::string_view path = environ["PATH_INFO"];
    constexpr std::string_view kItems = "/items/";
    if (environ["REQUEST_METHOD"] != "GET" || !path.starts_with(kItems)) std::abort();
    std::string text{path.substr(kItems.size())};
    start_response("200 OK", {{"Content-Type", "text/plain; charset=utf-8"}});
    return text.append(" ").append(kHello);
}

Application routed() {
    return Router{}.get("/items/{id}", [](Request& request) {
        return text(request.path<std::string>("id").append(" ").append(kHello));
    });
}
BENCHMARK_CAPTURE(served, by_hand, "/items/42", by_hand);
BENCHMARK_CAPTURE(served, routed, "/items/42", routed());

}  // namespace
}  // namespace grove::web
