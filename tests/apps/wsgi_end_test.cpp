// A worker's end, and its Python's: requests end, then what Python and the application have for their end runs.
#include <csignal>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wsgi_serving.h"

namespace grove {
namespace {

using testing::StartsWith;

class WsgiEnd : public WsgiServing {
protected:
    /// Threads of the application's own end, then functions of atexit run.
    static void expect_end(Serving& server) {
        line_with(server, "rows: the main thread ends");
        line_with(server, "rows: atexit");
        EXPECT_EQ(server.program.wait(), 0);
    }
};

TEST_F(WsgiEnd, RunsExitFunctionsAfterTheRequests) {  // W-023
    const auto server = serve_rows();
    EXPECT_THAT(brief(server->get("/threads")), StartsWith("200 "));
    server->program.send_signal(SIGTERM);
    line_with(*server, "all requests are answered");
    expect_end(*server);
}

TEST_F(WsgiEnd, DoesNotWaitForAThreadThatIsStuck) {  // W-023
    const auto server = serve_rows("", R"(, "timeouts": {"request": 0.5})");
    EXPECT_THAT(server->get("/sleeps?60"), StartsWith("HTTP/1.1 503 "));
    server->program.send_signal(SIGTERM);
    expect_end(*server);
}

TEST_F(WsgiEnd, DoesNotWaitForAnExitFunctionThatIsStuck) {  // W-023
    const std::string path =
        write_module("lingers.py",
                     "import atexit, time\n"
                     "def application(environ, start_response):\n"
                     "    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
                     "    return [b'served']\n"
                     "@atexit.register\n"
                     "def linger():\n"
                     "    print('lingers')\n"
                     "    time.sleep(60)\n");
    const auto server = serve(R"("timeouts": {"shutdown": null}, "apps": [{"app": "wsgi", )"
                              R"("config": {"module": "lingers")" +
                              path + "}}]");
    EXPECT_EQ(brief(server->get("/")), "200 served");
    server->program.send_signal(SIGTERM);
    line_with(*server, "lingers");
    EXPECT_EQ(server->program.wait(), 0);
}

}  // namespace
}  // namespace grove
