// What a request costs beside the kernel, piece by piece and whole. Run: build/release/bin/http_bench
//
// The whole (served) runs over a loop and a recv() and send() of our own, which only count: all that is left
// is what grove does for a request, from the readable socket to the parked connection.
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/socket.h>

#include <benchmark/benchmark.h>

#include <grove/core/address.h>
#include <grove/core/event.h>
#include <grove/core/hub.h>
#include <grove/http/access_format.h>
#include <grove/http/wsgi_server.h>

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

std::string_view canned_request;
std::size_t answers = 0;

}  // namespace

// In place of the C library's. `served` alone opens sockets here, and its are never connected.
extern "C" [[gnu::visibility("default")]] ssize_t recv(int, void* into, std::size_t room, int) {
    if (canned_request.size() > room) std::abort();
    std::memcpy(into, canned_request.data(), canned_request.size());
    return static_cast<ssize_t>(canned_request.size());
}
extern "C" [[gnu::visibility("default")]] ssize_t send(int, const void*, std::size_t bytes, int) {
    ++answers;
    return static_cast<ssize_t>(bytes);
}

namespace grove::http {
namespace {

void guard_and_parse(benchmark::State& state, std::string_view request) {
    std::string buffer{request};
    buffer.reserve(request.size() + 16);  // the guard reads that far
    const std::string_view bytes{buffer.data(), request.size()};
    const Limits limits;
    RequestHead head;
    Guard guard;
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
    for (auto _ : state) {
        line.clear();
        append_combined(line, record, std::chrono::system_clock::now());
        benchmark::DoNotOptimize(line.data());
    }
}
BENCHMARK(log_line);

/// Many connections that always have their next request: each poll says so.
class CannedLoop final : public Loop {
public:
    [[nodiscard]] std::string_view name() const noexcept override { return "canned requests"; }
    [[nodiscard]] Timer::Instant now() noexcept override { return system_->now(); }
    [[nodiscard]] Timer::Instant tick() noexcept override { return system_->tick(); }
    void add(int, FdWatch& watch) override { connections_.push_back(&watch); }
    void tell_at_each_poll(int, FdWatch&, bool) noexcept override {}
    void want_writable(int, FdWatch&) noexcept override {}
    void forget(int, FdWatch& watch) noexcept override { std::erase(connections_, &watch); }
    void forget_closing(int fd, FdWatch& watch) noexcept override { forget(fd, watch); }
    void wake() noexcept override {}

    std::size_t poll(Timespan) override {
        goes_on(tick());
        if (answers >= wanted_) {
            if (done_ != nullptr) std::exchange(done_, nullptr)->set();
            return 1;
        }
        for (std::size_t i = 0; i < connections_.size(); ++i)
            connections_[i]->on_events(FdWatch::kReadable);
        return connections_.size();
    }

    void serve(std::size_t requests) {
        Event done;
        done_ = &done;
        wanted_ = answers + requests;
        done.wait();
    }
    void forget_listener() { connections_.clear(); }

private:
    std::unique_ptr<Loop> system_ = make_system_loop();
    std::vector<FdWatch*> connections_;
    std::size_t wanted_ = 0;
    Event* done_ = nullptr;
};

struct OpenServer final : WsgiServer {
    using WsgiServer::accepted;
    using WsgiServer::WsgiServer;
};

Body hello(Environ& environ, StartResponse& start_response) {
    if (environ["PATH_INFO"] != "/") throw std::logic_error{"another request than was canned"};
    start_response("200 OK", {{"Content-Type", "text/plain"}});
    return "Hello, World!";
}

/// Serves canned requests on that many connections.
class CannedServer {
public:
    CannedServer(std::string_view request, Application application, std::int64_t connections)
        : server_{"127.0.0.1:0", std::move(application), {.spawn = 1000}} {
        canned_request = request;
        server_.start();
        loop_.forget_listener();
        for (; connections > 0; --connections) {
            FileDescriptor fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
            server_.accepted(std::move(fd), Address::ip("127.0.0.1", 1));
        }
    }
    ~CannedServer() { server_.stop(); }

    void serve(std::size_t requests) { loop_.serve(requests); }

private:
    static CannedLoop& the_loop() {
        static CannedLoop* const loop = [] {
            auto made = std::make_unique<CannedLoop>();
            CannedLoop* const kept = made.get();
            make_hub(std::move(made));
            return kept;
        }();
        return *loop;
    }

    CannedLoop& loop_ = the_loop();
    OpenServer server_;
};

void served(benchmark::State& state, std::string_view request) {
    constexpr std::size_t kBatch = 6400;
    CannedServer server{request, hello, state.range(0)};
    server.serve(kBatch);
    while (state.KeepRunningBatch(kBatch)) server.serve(kBatch);
}
BENCHMARK_CAPTURE(served, bare, kBare)->Arg(1)->Arg(64)->Arg(1000);
BENCHMARK_CAPTURE(served, browser, kBrowser)->Arg(64);

// Of the browser's request; in the application, where it is asked.
void environ_lookup(benchmark::State& state, std::string_view key) {
    const auto ask = [&](Environ& environ, StartResponse& start_response) {
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

BENCHMARK_MAIN();
