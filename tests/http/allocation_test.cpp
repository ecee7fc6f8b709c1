// What a request allocates once the server has served a few: counted at operator new, for the whole process.
#include <array>
#include <atomic>
#include <cstdlib>
#include <new>
#include <string_view>

#include <gmock/gmock.h>

#include <grove/core/connect.h>
#include <grove/core/stream.h>
#include <grove/http/wsgi_server.h>

#include "greenlet_test.h"

namespace {

std::atomic<std::size_t> allocations = 0;

void* counted(std::size_t bytes) {
    allocations.fetch_add(1, std::memory_order_relaxed);
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
        *own += allocations - before;
        return "Hello, World!";
    }
};

/// Sends `request` and takes answers until they are `bytes` long in all. Allocates nothing.
/// @return how many bytes came at the first try, if `bytes` is 0
std::size_t exchange(Stream& stream, std::string_view request, std::size_t bytes) {
    std::array<char, 4096> answer;
    stream.sendall(request, 10s);
    std::size_t have = stream.recv(answer, 10s);
    while (have < bytes) have += stream.recv(answer, 10s);
    return have;
}

struct Case {
    const char* name;
    std::string_view request;
};

class Allocations : public testing::TestWithParam<Case> {};

TEST_P(Allocations, ARequestOfAServerThatHasServedAFewMakesNoneOfItsOwn) {
    const auto serve_them = [] {
        std::size_t own = 0;
        WsgiServer server{"127.0.0.1:0", CountedApplication{&own}, {.spawn = 4}};
        server.start();
        Stream stream = connect(Address::ip("127.0.0.1", server.server_port()), 10s);
        const std::size_t bytes = exchange(stream, GetParam().request, 0);
        for (int i = 0; i < kWarmUp; ++i) exchange(stream, GetParam().request, bytes);

        own = 0;
        const std::size_t before = allocations;
        for (int i = 0; i < kRequests; ++i) exchange(stream, GetParam().request, bytes);
        EXPECT_EQ(allocations - before - own, 0U);
        EXPECT_GT(own, 0U) << "what counts does not count";
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
             "5\r\nhello\r\n0\r\n\r\n"}),
    [](const auto& parameter) { return parameter.param.name; });

}  // namespace
}  // namespace grove::http
