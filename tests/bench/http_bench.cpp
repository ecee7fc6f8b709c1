// What a request costs beside the kernel, piece by piece and whole. Run: build/release/bin/http_bench
//
// The whole (served) runs over canned_server.h.
#include <chrono>
#include <ctime>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <benchmark/benchmark.h>

#include <grove/http/access_format.h>

#include "canned_server.h"
#include "faults.h"
#include "guard.h"
#include "parser.h"
#include "response_head.h"

namespace {

constexpr std::string_view kBare = "GET / HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n\r\n";
constexpr std::string_view kBrowser =
    "GET / HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; "
    "rv:128.0) "
    "Gecko/20100101 Firefox/128.0\r\nAccept: text/html,application/xhtml+xml,application/xml;q=0.9,"
    "image/avif,image/webp,*/*;q=0.8\r\nAccept-Language: en-GB,en;q=0.7\r\nAccept-Encoding: gzip, "
    "deflate, "
    "br\r\nConnection: keep-alive\r\nCookie: session=5f2c1d0e9b8a7c6d5e4f3a2b1c0d9e8f; "
    "theme=light\r\n"
    "Upgrade-Insecure-Requests: 1\r\nSec-Fetch-Mode: navigate\r\n\r\n";

}  // namespace

namespace grove::http {
namespace {

void guard_and_parse(benchmark::State& state, std::string_view request) {
    std::string buffer{request};
    buffer.reserve(request.size() + 16);  // the guard reads that far
    const std::string_view bytes{buffer.data(), request.size()};
    const Limits limits;
    RequestHead head;
    Guard guard;
    const bench::Faults faults{state};
    for (auto _ : state) {
        guard.reset();
        guard.feed(bytes, limits);
        benchmark::DoNotOptimize(
            HeadParser::parse(bytes.substr(0, guard.head_length()), limits, head));
    }
}
BENCHMARK_CAPTURE(guard_and_parse, bare, kBare);
BENCHMARK_CAPTURE(guard_and_parse, browser, kBrowser);

void response_head(benchmark::State& state) {
    const Headers headers{{"Content-Type", "text/plain"}};
    ResponseHead head;
    head.status = "200 OK";
    head.headers = &headers;
    head.framing = Framing::kLength;
    head.length = 13;
    std::string out;
    const bench::Faults faults{state};
    for (auto _ : state) {
        out.clear();
        append_response_head(out, head, std::time(nullptr));
        benchmark::DoNotOptimize(out.data());
    }
}
BENCHMARK(response_head);

void log_line(benchmark::State& state) {
    const AccessRecord record{.remote_addr = "127.0.0.1",
                              .request_line = "GET / HTTP/1.1",
                              .referer = "http://127.0.0.1:8000/before",
                              .agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101",
                              .status = 200,
                              .bytes = 13};
    std::string line;
    const bench::Faults faults{state};
    for (auto _ : state) {
        line.clear();
        append_combined(line, record, std::chrono::system_clock::now());
        benchmark::DoNotOptimize(line.data());
    }
}
BENCHMARK(log_line);

Body hello(Environ& environ, StartResponse& start_response) {
    if (environ["PATH_INFO"] != "/") throw std::logic_error{"another request than was canned"};
    start_response("200 OK", {{"Content-Type", "text/plain"}});
    return "Hello, World!";
}

void served(benchmark::State& state, std::string_view request) {
    constexpr std::size_t kBatch = 6400;
    CannedServer server{request, hello, state.range(0)};
    server.serve(kBatch);
    const bench::Faults faults{state};
    while (state.KeepRunningBatch(kBatch)) server.serve(kBatch);
}
BENCHMARK_CAPTURE(served, bare, kBare)->Arg(1)->Arg(64)->Arg(1000);
BENCHMARK_CAPTURE(served, browser, kBrowser)->Arg(64);

// Of the browser's request; in the application, where it is asked.
void environ_lookup(benchmark::State& state, std::string_view key) {
    const auto ask = [&](Environ& environ, StartResponse& start_response) {
        const bench::Faults faults{state};
        for (auto _ : state) benchmark::DoNotOptimize(environ[key]);
        return hello(environ, start_response);
    };
    CannedServer{kBrowser, ask, 1}.serve(1);
}
BENCHMARK_CAPTURE(environ_lookup, PATH_INFO, "PATH_INFO");
BENCHMARK_CAPTURE(environ_lookup, HTTP_COOKIE, "HTTP_COOKIE");
BENCHMARK_CAPTURE(environ_lookup, absent, "HTTP_AUTHORIZATION");

}  // namespace
}  // namespace grove::http
