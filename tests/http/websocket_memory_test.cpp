// WebSockets of the parked style when memory is short: each allocation in turn is the one that fails.
#include <cstddef>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <gmock/gmock.h>

#include <grove/http/websocket.h>

#include "greenlet_test.h"
#include "served_application.h"
#include "ws_client.h"

namespace {

int until_failure = 0;  // allocations, the one that fails included; 0: none fails

void* allocate(std::size_t bytes) {
    if (until_failure > 0 && --until_failure == 0) throw std::bad_alloc{};
    if (void* const block = std::malloc(bytes != 0 ? bytes : 1)) return block;
    throw std::bad_alloc{};
}

}  // namespace

void* operator new(std::size_t bytes) { return allocate(bytes); }
void* operator new[](std::size_t bytes) { return allocate(bytes); }
void operator delete(void* block) noexcept { std::free(block); }
void operator delete[](void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }
void operator delete[](void* block, std::size_t) noexcept { std::free(block); }

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

}  // namespace
}  // namespace grove::test
