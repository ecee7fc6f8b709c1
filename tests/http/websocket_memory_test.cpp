// The memory of WebSockets: what one takes while it waits (WS-042), what its client can have it take (WS-041), and what
// happens when it is short: each allocation in turn is the one that fails.
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <malloc.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/file_descriptor.h>
#include <grove/http/metrics.h>
#include <grove/http/websocket.h>

#include "greenlet_test.h"
#include "http_client.h"
#include "served_application.h"
#include "ws_client.h"
#include "ws_coded.h"
#include "ws_echo.h"

namespace {

int until_failure = 0;  // allocations, the one that fails included; 0: none fails

std::size_t allocated =
    0;  // bytes of what was not freed yet, with what malloc() adds to each block

std::size_t whole(void* block) { return ::malloc_usable_size(block) + sizeof(std::size_t); }

void* allocate(std::size_t bytes) {
    if (until_failure > 0 && --until_failure == 0) throw std::bad_alloc{};
    void* const block = std::malloc(bytes != 0 ? bytes : 1);
    if (block == nullptr) throw std::bad_alloc{};
    allocated += whole(block);
    return block;
}

void give_back(void* block) noexcept {
    if (block != nullptr) allocated -= whole(block);
    std::free(block);
}

}  // namespace

void* operator new(std::size_t bytes) { return allocate(bytes); }
void* operator new[](std::size_t bytes) { return allocate(bytes); }
void operator delete(void* block) noexcept { give_back(block); }
void operator delete[](void* block) noexcept { give_back(block); }
void operator delete(void* block, std::size_t) noexcept { give_back(block); }
void operator delete[](void* block, std::size_t) noexcept { give_back(block); }

namespace grove::test {
namespace {

using http::Environ;
using http::Message;
using http::StartResponse;
using http::WebSocket;
using ::testing::AnyOf;
using ::testing::StartsWith;

/// @param fails  of the allocations that opening it takes; 0: none
http::Application echo(int& fails) {
    return [&fails](Environ& request, StartResponse& start) {
        http::WebSocketHandlers handlers{
            .on_message = [](WebSocket socket, Message message) { socket.send(message.data); }};
        until_failure = fails;
        struct Done {
            ~Done() { until_failure = 0; }
        } const done;
        return http::websocket(request, start, std::move(handlers));
    };
}

GREENLET_TEST(WebSocketWithoutMemory, IsAnsweredOrRefusedAtTheStart) {
    // With an extension that is agreed on, which takes the most.
    constexpr std::string_view kOffer =
        "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=\"12\"\r\n";
    bool opened = false;
    for (int fails = 1; !opened; ++fails) {
        ASSERT_LT(fails, 200);
        ServedApplication served{echo(fails)};
        try {
            WsClient client{served.address(), kOffer, ws_text("x")};
            const std::string heard = client.next();
            opened = heard == "text x" && served.errors.empty();
            if (client.head.find(" 101 ") != std::string::npos) {
                EXPECT_THAT(heard, AnyOf("text x", "end", "reset", StartsWith("close 1011")))
                    << fails;
            }
        } catch (const std::runtime_error&) {  // no answer
        }
        EXPECT_TRUE(served.quiet()) << fails;
    }
}

constexpr std::string_view kDeflate = "Sec-WebSocket-Extensions: permessage-deflate\r\n";

// What follows it is not taken for it.
GREENLET_TEST(WebSocketWithoutMemory, EndsWithTheMessageThatItCannotInflate) {  // WS-041
    const std::string coded = ws_frame(0xc1, deflated(std::string(100'000, 'x')));
    int failures = 0;
    bool inflated = false;
    for (int fails = 1;; ++fails) {
        ASSERT_LT(fails, 200);
        Event come;
        ServedApplication served{with_socket([&](WebSocket& socket) {
            come.wait();
            until_failure = fails;
            try {
                inflated = socket.recv()->data.size() == 100'000;
                until_failure = 0;
            } catch (const std::bad_alloc&) {
                ++failures;
                EXPECT_FALSE(socket.send("x")) << fails;
            }
        })};
        WsClient client{served.address(), kDeflate};
        client.send(coded + ws_text("next"));
        let_the_hub_turn();
        come.set();
        let_the_hub_turn();
        if (inflated) break;
        EXPECT_EQ(client.next(), "reset") << fails;
    }
    EXPECT_GT(failures, 1);
}

// ---- how much one takes

constexpr std::size_t kCount = 64;

/// A server without an access log, and clients of it that take no memory but a descriptor.
class Sockets {
public:
    explicit Sockets(http::Application application, http::WsgiOptions options = {})
        : server_{"127.0.0.1:0", std::move(application), with(std::move(options), metrics_)} {
        clients_.reserve(kCount);
        server_.start();
    }
    ~Sockets() {
        clients_.clear();
        server_.stop(Duration::zero());
    }
    Sockets(const Sockets&) = delete;
    Sockets& operator=(const Sockets&) = delete;

    /// Opens as many as kCount, each of which sends `early` with its request.
    /// @return bytes that each has the process keep
    std::size_t open(std::string_view early) {
        const std::size_t before = allocated;
        while (clients_.size() < kCount) {
            WsClient client{address(), kDeflate, early};
            clients_.emplace_back(::dup(client.stream().fd()));
        }
        let_the_hub_turn();
        EXPECT_EQ(metrics_.websockets.value(), kCount);
        return allocated > before ? (allocated - before) / kCount : 0;
    }
    /// Each sends these. @return as open()
    std::size_t send(std::string_view bytes) {
        const std::size_t before = allocated;
        for (const FileDescriptor& client : clients_) {
            EXPECT_EQ(::send(client.get(), bytes.data(), bytes.size(), 0),
                      static_cast<ssize_t>(bytes.size()));
        }
        let_the_hub_turn();
        return allocated > before ? (allocated - before) / kCount : 0;
    }
    void close() {
        clients_.clear();
        while (server_.connections() != 0) let_the_hub_turn();
    }

private:
    static http::WsgiOptions with(http::WsgiOptions options, http::ServerMetrics& metrics) {
        options.metrics = &metrics;
        return options;
    }
    [[nodiscard]] Address address() const {
        return Address::ip("127.0.0.1", server_.server_port());
    }

    http::ServerMetrics metrics_;
    http::WsgiServer server_;
    std::vector<FileDescriptor> clients_{};
};

/// Once the process has what it keeps for later.
std::size_t each_takes(const http::Application& application, std::string_view early) {
    Sockets sockets{application};
    sockets.open(early);
    sockets.close();
    return sockets.open(early);
}

// 272 B are the connection, and 208 B the WebSocket. It took 1,088 B.
GREENLET_TEST(WebSocketMemory, OfAParkedOneIsLessThan500Bytes) {  // WS-042
    EXPECT_LE(each_takes(ws_parked_echo(), ""), 480U);
    EXPECT_LE(each_takes(ws_parked_echo(), ws_text("x") + ws_frame(0x89, "y")), 480U)
        << "once it has received and sent";
}

// Beside the pages of its stack. It took 7,568 B: 4,128 B were the block of the request's head.
GREENLET_TEST(WebSocketMemory, OfTheGreenletStyleIsItsRequestAndNoMore) {
    EXPECT_LE(each_takes(ws_echo(), ""), 3'000U);
}

// A kilobyte that says a megabyte is inflated when it is taken. In the parked style one of them is.
GREENLET_TEST(WebSocketMemory, OfAMessageThatWaitsIsThatOfItsBytes) {  // WS-041
    const std::string coded = ws_frame(0xc1, deflated(std::string(1'000'000, 'x')));
    ASSERT_LT(coded.size(), 1'100U);
    Event ends;
    Sockets greenlets{with_socket([&](WebSocket&) { ends.wait(); })};
    greenlets.open("");
    EXPECT_LE(greenlets.send(coded), 3'000U);
    Sockets parked{[&](Environ& request, StartResponse& start) {
                       return http::websocket(
                           request, start, {.on_message = [&](WebSocket, const Message& message) {
                               EXPECT_EQ(message.data.size(), 1'000'000U);
                               ends.wait();
                           }});
                   },
                   {.spawn = 1}};
    parked.open("");
    EXPECT_LE(parked.send(coded), 3'000U + 2'000'000U / kCount);
    ends.set();
}

}  // namespace
}  // namespace grove::test
