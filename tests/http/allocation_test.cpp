// What a request allocates once the server has served a few, counted at operator new for the whole process; and what a
// client holds that neither reads nor sends.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <malloc.h>

#include <gmock/gmock.h>

#include <grove/core/connect.h>
#include <grove/core/greenlet.h>
#include <grove/core/semaphore.h>
#include <grove/core/stream.h>
#include <grove/core/tls.h>
#include <grove/http/access_format.h>
#include <grove/http/middleware.h>
#include <grove/http/wsgi_server.h>

#include "greenlet_test.h"
#include "served_application.h"
#include "temporary_folder.h"
#include "test_certificates.h"
#include "tls_authority.h"

namespace {

std::atomic<std::size_t> allocations = 0;
std::atomic<std::size_t> allocated_bytes = 0;
std::atomic<std::size_t> last_bytes = 0;
std::atomic<std::size_t> largest_bytes = 0;
std::atomic<std::size_t> refused_bytes = 0;  // the next block of that size is not there; 0: none

void* counted(std::size_t bytes) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    allocated_bytes.fetch_add(bytes, std::memory_order_relaxed);
    last_bytes = bytes;
    largest_bytes = std::max(largest_bytes.load(), bytes);
    if (bytes != 0 && bytes == refused_bytes) {
        refused_bytes = 0;
        throw std::bad_alloc{};
    }
    if (void* const block = std::malloc(bytes != 0 ? bytes : 1)) return block;
    throw std::bad_alloc{};
}

}  // namespace

void* operator new(std::size_t bytes) { return counted(bytes); }
void* operator new[](std::size_t bytes) { return counted(bytes); }
void operator delete(void* block) noexcept { std::free(block); }
void operator delete[](void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }
void operator delete[](void* block, std::size_t) noexcept { std::free(block); }

namespace grove::http {
namespace {

using namespace std::chrono_literals;

constexpr int kWarmUp = 50;
constexpr int kRequests = 200;

/// Counts what the application itself asks for.
struct CountedApplication {
    std::size_t* own;

    Body operator()(Environ& environ, StartResponse& start_response) const {
        const std::size_t before = allocations;
        while (!environ.input().read(4096).empty()) {
        }
        start_response("200 OK", {{"Content-Type", "text/plain"}});
        ::operator delete(::operator new(1));  // so that there is one to be counted
        *own += allocations - before;
        return "Hello, World!";
    }
};

/// Sends `request` and takes as many answers. Allocates nothing.
void exchange(Stream& stream, std::string_view request, int answers) {
    constexpr std::string_view kBody = "Hello, World!";
    std::array<char, 4096> answer;
    stream.sendall(request, 10s);
    std::size_t have = 0;
    for (std::size_t from = 0; answers > 0;) {
        have += stream.recv(std::span{answer}.subspan(have), 10s);
        const std::string_view all{answer.data(), have};
        for (; (from = std::min(all.find(kBody, from), have)) != have; ++from) --answers;
        from = have > kBody.size() ? have - kBody.size() + 1 : 0;  // a body may have come in part
    }
}

enum class With { kNothing, kAccessLog, kTls };

struct Case {
    const char* name;
    std::string_view request;
    int answers = 1;
    With with = With::kNothing;
};

class Allocations : public testing::TestWithParam<Case> {};

TEST_P(Allocations, ARequestOfAServerThatHasServedAFewMakesNoneOfItsOwn) {
    const auto serve_them = [] {
        const TemporaryFolder folder;
        test::Authority authority{folder.path()};
        WsgiOptions options{.spawn = 4};
        std::size_t logged = 0;
        std::string line;
        if (GetParam().with == With::kAccessLog) {
            options.access_log = [&](const AccessRecord& record) {
                line.clear();
                append_combined(line, record, std::chrono::system_clock::now());
                ++logged;
            };
        }
        if (GetParam().with == With::kTls) {
            options.tls =
                TlsContext::server({.certificates = {authority.issue("a", {"DNS:a"})}, .alpn = {}});
        }
        std::size_t own = 0;
        WsgiServer server{"127.0.0.1:0", CountedApplication{&own}, options};
        server.start();
        Stream stream = connect(Address::ip("127.0.0.1", server.server_port()), 10s);
        if (options.tls != nullptr) {
            const auto client = TlsContext::client({.ca_file = authority.file()});
            stream = tls_connect(std::move(stream), client, "a", 10s);
        }
        const auto [name, request, answers, with] = GetParam();
        for (int i = 0; i < kWarmUp; ++i) exchange(stream, request, answers);

        own = 0;
        const std::size_t before = allocations;
        for (int i = 0; i < kRequests; ++i) exchange(stream, request, answers);
        EXPECT_EQ(allocations - before - own, 0U);
        EXPECT_GT(own, 0U) << "what counts does not count";
        EXPECT_EQ(logged, with == With::kAccessLog ? std::size_t{kWarmUp + kRequests} : 0U);
    };
    test::run_in_fresh_hub(serve_them, {});
}

INSTANTIATE_TEST_SUITE_P(
    SteadyState, Allocations,
    testing::Values(
        Case{"Get", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
        Case{"GetOnHttp10", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"},
        Case{"Browser",
             "GET /a?b HTTP/1.1\r\nHost: localhost:80\r\nUser-Agent: Mozilla/5.0 (X11; Linux "
             "x86_64)\r\nAccept: text/html,*/*;q=0.8\r\nAccept-Language: en\r\nCookie: "
             "session=0123456789; theme=light\r\nConnection: keep-alive\r\n\r\n"},
        Case{"Post", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"},
        Case{"Chunked",
             "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
             "5\r\nhello\r\n0\r\n\r\n"},
        Case{"Pipelined",
             "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"
             "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
             3},
        Case{"AccessLog", "GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: curl/8\r\n\r\n", 1,
             With::kAccessLog},
        Case{"Tls", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 1, With::kTls}),
    [](const auto& parameter) { return parameter.param.name; });

// Who waits for a mount's pool is not forgotten where there is no memory for the place in the pool's line.
GREENLET_TEST(MountPoolWithoutMemory, ServesAllWhoWait) {
    const auto pool = std::make_shared<Semaphore>(1);
    ASSERT_TRUE(pool->acquire(false));
    pool->unlink(pool->rawlink([] {}));
    const std::size_t place = last_bytes;
    WsgiOptions options{.spawn = 4};
    options.mounts = {{.path = "/own", .pool = pool}};
    std::size_t own = 0;
    WsgiServer server{"127.0.0.1:0", CountedApplication{&own}, options};
    server.start();
    const Address address = Address::ip("127.0.0.1", server.server_port());
    Stream first = connect(address, 10s);
    Stream second = connect(address, 10s);
    for (Stream* stream : {&first, &second})
        stream->sendall("GET /own HTTP/1.1\r\nHost: a\r\n\r\n", 10s);
    while (server.requests().size() != 2) sleep(1ms);  // ctest's time-out, if it never has
    refused_bytes = place;
    pool->release();
    exchange(first, "", 1);
    exchange(second, "", 1);
    EXPECT_EQ(refused_bytes, 0U) << "there was memory";
    server.stop();
    EXPECT_EQ(pool->counter(), 1);
}

// The next request of a connection needs an exchange of its own if the application has kept this one.
GREENLET_TEST(NextRequestWithoutMemory, ClosesItsConnection) {
    std::vector<Write> kept;
    std::size_t exchange_bytes = 0;
    const Application keeps = [&](Environ& environ, StartResponse& start_response) -> Body {
        kept.push_back(start_response("200 OK", {{"Content-Type", "text/plain"}}));
        if (environ["PATH_INFO"] == "/last") refused_bytes = exchange_bytes;
        return "Hello, World!";
    };
    kept.reserve(4);
    WsgiServer server{"127.0.0.1:0", keeps, {.spawn = 1}};
    server.start();
    const Address address = Address::ip("127.0.0.1", server.server_port());
    Stream stream = connect(address, 10s);
    exchange(stream, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 1);
    largest_bytes = 0;
    exchange(stream, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 1);
    exchange_bytes = largest_bytes;
    stream.sendall("GET /last HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 10s);
    std::string answer;
    std::array<char, 4096> piece;
    while (const std::size_t got = stream.recv(piece, 10s)) answer.append(piece.data(), got);
    EXPECT_EQ(refused_bytes, 0U) << "there was memory";
    EXPECT_THAT(answer, testing::EndsWith("Hello, World!"));
    EXPECT_EQ(kept.size(), 3U) << "the second of the two was served";
    Stream next = connect(address, 10s);
    exchange(next, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 1);  // the slot is free
    EXPECT_TRUE(server.requests().empty());
    kept.clear();
    server.stop();
}

/// Allocations of so many requests, with `middlewares` around an application that asks for some.
std::size_t made_around(const std::vector<Middleware>& middlewares) {
    std::size_t own = 0;
    WsgiServer server{"127.0.0.1:0", chain(CountedApplication{&own}, middlewares), {.spawn = 4}};
    server.start();
    Stream stream = connect(Address::ip("127.0.0.1", server.server_port()), 10s);
    const std::string_view request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    for (int i = 0; i < kWarmUp; ++i) exchange(stream, request, 1);
    const std::size_t before = allocations;
    for (int i = 0; i < kRequests; ++i) exchange(stream, request, 1);
    const std::size_t made = allocations - before;
    stream.close();
    server.stop();
    return made;
}

GREENLET_TEST(Allocations, OfAMiddlewareThatDoesNothingAreNone) {
    const Middleware pass_on = [](Application inner) {
        return [inner](Environ& environ, StartResponse& start_response) {
            return inner(environ, start_response);
        };
    };
    const Middleware start_on = [](Application inner) {
        return [inner](Environ& environ, StartResponse& start_response) {
            StartResponse passing{[&start_response](std::string status, Headers headers,
                                                    std::exception_ptr exc_info) {
                return start_response(std::move(status), std::move(headers), std::move(exc_info));
            }};
            return inner(environ, passing);
        };
    };
    const std::size_t without = made_around({});
    EXPECT_GT(without, 0U) << "what counts does not count";
    EXPECT_EQ(made_around({pass_on, pass_on, pass_on}), without);
    EXPECT_EQ(made_around({start_on}), without);
    EXPECT_EQ(made_around({start_on, start_on, start_on}), without);
}

/// All that malloc() has given and not got back.
std::size_t bytes_held() {
    const struct mallinfo2 info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
}

// A hundred fields of one name, as a client may send: each is joined once.
GREENLET_TEST(Allocations, OfItemsAreNoMoreThanSomeTimesTheHead) {  // O-086
    std::string request = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (int i = 0; i < 99; ++i) request += "X-A: " + std::string(290, 'x') + "\r\n";
    request += "\r\n";
    std::size_t bytes = 0;
    std::size_t joined = 0;
    test::ServedApplication served{[&](Environ& environ, StartResponse& start_response) {
        const std::size_t before = allocated_bytes;
        joined = environ.items().at("HTTP_X_A").size();
        bytes = allocated_bytes - before;
        start_response("200 OK", {});
        return Body{};
    }};
    EXPECT_EQ(served.ask(request).status, 200);
    EXPECT_EQ(joined, 99U * 290 + 98);
    EXPECT_LT(bytes, 4 * request.size());
}

// What a client announces costs nothing before it comes.
GREENLET_TEST(Allocations, OfABodyAreNotMuchMoreThanWhatHasComeOfIt) {
    for (const std::size_t buffer :
         {std::size_t{0}, std::size_t{65536}, std::size_t{2'000'000'000}}) {
        SCOPED_TRACE(buffer);
        test::ServedApplication served{
            [&](Environ& environ, StartResponse&) -> Body { return environ.input().read(); },
            {.limits = {.body = Limits::kUnbounded, .body_buffer = buffer}}};
        test::Client client{served.address()};
        largest_bytes = 0;
        client.send(
            "POST / HTTP/1.1\r\nHost: h\r\n"
            "Content-Length: 1000000000\r\n\r\n" +
            std::string(5000, 'x'));
        test::let_the_hub_turn();
        EXPECT_LE(largest_bytes, 3 * 65536U);
    }
}

GREENLET_TEST(Allocations, OfForEachAreNone) {
    std::size_t made = 1;
    std::size_t visited = 0;
    std::size_t bytes = 0;
    test::ServedApplication served{[&](Environ& environ, StartResponse& start_response) {
        const std::function<void(std::string_view, std::string_view)> visit =
            [&](std::string_view key, std::string_view value) {
                ++visited;
                bytes += key.size() + value.size();
            };
        environ.for_each(visit);  // what a value needs is made once
        visited = 0;
        const std::size_t before = allocations;
        environ.for_each(visit);
        made = allocations - before;
        EXPECT_EQ(visited, environ.items().size());
        start_response("200 OK", {});
        return Body{};
    }};
    const std::string request =
        "GET /a%20b?c HTTP/1.1\r\nHost: a\r\nUser-Agent: " + std::string(100, 'x') +
        "\r\nX-A: 1\r\nX-A: 2\r\nCookie: a=b\r\n\r\n";
    EXPECT_EQ(served.ask(request).status, 200);
    EXPECT_EQ(made, 0U);
    EXPECT_GT(visited, 10U);
    EXPECT_GT(bytes, request.size());
}

constexpr int kClients = 16;

/// Bytes held by each of kClients clients of `served` that have sent `bytes` and do nothing else.
std::size_t held_by_each(const test::ServedApplication& served, std::string_view bytes) {
    std::vector<std::unique_ptr<test::Client>> clients;
    const auto add = [&](int count) {
        for (int i = 0; i < count; ++i) {
            clients.push_back(std::make_unique<test::Client>(served.address()));
            clients.back()->send(bytes);
            test::let_the_hub_turn();
        }
    };
    clients.reserve(kClients + 4);
    add(4);  // what is made once
    const std::size_t before = bytes_held();
    add(kClients);
    return (bytes_held() - before) / kClients;
}

// O-086: with its stack, less than 12 KiB. The kernel keeps less than so much for a client: one is stuck in the middle
// of a file, one at the start of another.
GREENLET_TEST(Held, ByOneWhoDoesNotReadFiles) {
    const TemporaryFolder folder;
    const std::string file = (folder.path() / "large").string();
    { std::ofstream{file}; }
    test::ServedApplication served{[&](Environ&, StartResponse& start_response) {
        start_response("200 OK", {});
        return Body{File{file}};
    }};
    for (const int files : {1, 400}) {
        std::filesystem::resize_file(file, 24'000'000U / static_cast<unsigned>(files));
        std::string requests;
        for (int i = 0; i < files; ++i) requests += test::get();
        EXPECT_LT(held_by_each(served, requests), 8000U) << files;
    }
}

// One is stuck in its first answer, another in a later one.
GREENLET_TEST(Held, ByOneWhoDoesNotReadATextThatAllShare) {  // O-086
    for (const std::size_t answers : {std::size_t{1}, std::size_t{100}}) {
        const auto text = std::make_shared<const std::string>(24'000'000 / answers, 'x');
        test::ServedApplication served{[&](Environ&, StartResponse& start_response) {
            start_response("200 OK", {});
            return Body{text};
        }};
        std::string requests;
        for (std::size_t i = 0; i < answers; ++i) requests += test::get();
        const std::size_t sent_ahead = 2 * requests.size();  // a buffer grows by doubling
        EXPECT_LT(held_by_each(served, requests), 8000U + sent_ahead) << answers;
        EXPECT_GT(text.use_count(), kClients) << "each holds it";
    }
}

// What served a large answer serves the small ones after it.
GREENLET_TEST(Held, ByNobodyOnceALargeAnswerIsSent) {  // O-086
    test::ServedApplication served{[](Environ& environ, StartResponse& start_response) {
        Headers headers;
        if (environ["PATH_INFO"] == "/large")
            headers.emplace_back("X-Large", std::string(2'000'000, 'x'));
        start_response("200 OK", std::move(headers));
        return Body{};
    }};
    EXPECT_EQ(served.ask(test::get()).status, 200);
    test::let_the_hub_turn();
    const std::size_t before = bytes_held();
    EXPECT_EQ(served.ask(test::get("/large")).field("x-large").size(), 2'000'000U);
    test::let_the_hub_turn();
    EXPECT_EQ(served.ask(test::get()).status, 200);
    test::let_the_hub_turn();
    EXPECT_LT(bytes_held(), before + 500'000);
}

GREENLET_TEST(Held, ByOneWhoSendsHalfOfATlsHello) {  // O-086
    test::Tls tls;
    const test::ServedApplication served{test::say_hello(), tls.options()};
    const std::string half =
        std::string{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11} + std::string(200, 'x');
    EXPECT_LT(held_by_each(served, half), 2000U);
}

}  // namespace
}  // namespace grove::http
