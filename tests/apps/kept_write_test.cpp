// What an application may keep of a request, through the middlewares that ship.
#include <optional>
#include <stdexcept>

#include <gtest/gtest.h>

#include <grove/http/middleware.h>
#include <grove/testing.h>

#include "plugin_loader.h"

namespace grove::test {
namespace {

// A sanitizer sees what else it touches.
TEST(KeptWrite, ThrowsAfterTheEndAndTouchesNothing) {
    for (const char* const name : {"request_log", "headers"}) {
        http::PluginLoader loader{{GROVE_TEST_APPS}};
        std::optional<http::Write> kept;
        const http::Application keeps = [&kept](http::Environ&, http::StartResponse& start) {
            kept = start("200 OK", {{"Content-Type", "text/plain"}});
            return http::Body{"text"};
        };
        const http::Application watched =
            http::chain(keeps, {loader.load(name).create_middleware("{}")});
        EXPECT_EQ(http::call(watched).body, "text");
        ASSERT_TRUE(kept.has_value());
        EXPECT_THROW((*kept)("more"), std::logic_error) << name;
    }
}

}  // namespace
}  // namespace grove::test
