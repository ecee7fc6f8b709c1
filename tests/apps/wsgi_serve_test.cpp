// Python in a worker: its configuration, reloads, logs, signals, processes.
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.h"
#include "prometheus_text.h"
#include "wsgi_serving.h"

namespace grove {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class WsgiServe : public WsgiServing {
protected:
    /// @param config  of the application, with its braces
    std::string check(const std::string& config) const {
        return check_apps(R"({"app": "wsgi", "config": )" + config + '}');
    }
    std::string check_apps(const std::string& apps) const {
        const ProgramResult checked =
            run_program({GROVE_TEST_BINARY, "check", configuration("\"apps\": [" + apps + ']')});
        EXPECT_EQ(checked.exit_code, 2) << apps;
        return checked.errors;
    }
    void write(const std::string& answer) const {
        write_module("changing.py",
                     "def application(environ, start_response):\n"
                     "    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
                     "    return [b'" +
                         answer + "']\n");
    }
    std::string changing(const std::string& more = "") const {
        return "\"apps\": ["
               R"({"app": "wsgi", "config": {"module": "changing", "path": ["."])" +
               more + "}}]";
    }
};

TEST_F(WsgiServe, FaultsOfTheConfigurationSayWhatIsAllowed) {
    EXPECT_THAT(check("{}"), HasSubstr("/apps/0: \"module\" is missing: "));
    EXPECT_THAT(check(R"({"module": "rows", "thread": 1})"),
                HasSubstr("\"thread\" is not a key of wsgi, must be one of module, "));
    EXPECT_THAT(check(R"({"module": "rows", "threads": 0})"),
                HasSubstr("\"threads\" must be a whole number from 1 to 1000"));
    EXPECT_THAT(check(R"({"module": "rows", "buffer": -1})"),
                HasSubstr("\"buffer\" must be a whole number from 0 to 16777216, or null"));
    EXPECT_THAT(check(R"({"module": "rows", "path": ["nowhere"]})"),
                HasSubstr("\"path\": there is no \"/"));
    EXPECT_THAT(check(R"({"module": "rows", "environment": {"A=": "b"}})"),
                HasSubstr("\"environment\" must be an object of names and texts"));
    EXPECT_THAT(check(R"({"module": "rows", "stuck": 0})"),
                HasSubstr("\"stuck\" must be a number of seconds"));
}

TEST_F(WsgiServe, CheckImportsTheApplication) {  // W-026
    EXPECT_THAT(
        check(R"({"module": "no_such_module"})"),
        AllOf(HasSubstr("Traceback (most recent call last):"),
              HasSubstr("/apps/0: \"no_such_module\" cannot be loaded: ModuleNotFoundError: No "
                        "module named 'no_such_module'")));
    EXPECT_THAT(check(R"({"module": "os:path"})"), HasSubstr("which cannot be called"));
    EXPECT_THAT(check("{\"module\": \"os:print(sys)\"}"),
                HasSubstr("must be \"package.module:name\" or \"package.module:make()\""));
    // In a process of its own, whose end is told of, however it came.
    for (const std::string code : {"0", "3"}) {
        const std::string path = write_module("ends.py", "import os\nos._exit(" + code + ")\n");
        EXPECT_THAT(check(R"({"module": "ends")" + path + '}'),
                    HasSubstr("/apps/0: the plugin \"wsgi\" ended its process with exit code " +
                              code + " while it was loaded"));
    }
}

TEST_F(WsgiServe, AnEnvironmentOfAnotherPythonIsRefused) {  // "venv"
    std::filesystem::create_directory(file("env"));
    EXPECT_THAT(check(R"({"module": "os", "venv": "env"})"),
                HasSubstr("is not a virtual environment"));
    std::ofstream{file("env/pyvenv.cfg")} << "home = /usr/bin\nversion = 3.1.4\n";
    EXPECT_THAT(check(R"({"module": "os", "venv": "env"})"),
                AllOf(HasSubstr("was made by Python 3.1, and this plugin has Python 3."),
                      HasSubstr("make the environment with")));
}

TEST_F(WsgiServe, AVirtualEnvironmentIsWhereModulesAreLookedFor) {  // "venv"
    ASSERT_EQ(
        run_program({"/usr/bin/python3", "-m", "venv", "--without-pip", file("env")}).exit_code, 0);
    write_module("where.py",
                 "import sys\n"
                 "def application(environ, start_response):\n"
                 "    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
                 "    return [sys.prefix.encode()]\n");
    const auto server = serve(
        R"("apps": [{"app": "wsgi", "config": {"module": "where", "path": ["."], "venv": "env"}}])");
    EXPECT_EQ(brief(server->get("/")), "200 " + file("env"));
}

TEST_F(WsgiServe, AReloadHasChangedCodeAndAFaultChangesNothing) {  // W-026
    write("before");
    const auto server = serve(changing());
    EXPECT_EQ(brief(server->get("/")), "200 before");
    write("after");
    reload(*server);
    while (brief(server->get("/")) !=
           "200 after") {  // the former worker may have taken a client yet
    }

    write("after'] +");
    server->program.send_signal(SIGHUP);
    line_with(*server, "changing.py\", line 3");
    line_with(*server, "^");
    line_with(*server, "SyntaxError");
    line_with(*server, "reload");
    EXPECT_EQ(brief(server->get("/")), "200 after");
}

TEST_F(WsgiServe, ChangedFilesReloadByThemselvesInDevelopment) {  // W-027
    write("before");
    const auto server = serve(changing(R"(, "reload": true)"));
    EXPECT_EQ(brief(server->get("/")), "200 before");
    write("changed");
    EXPECT_THAT(line_with(*server, "has changed"), HasSubstr("changing.py has changed"));
    line_with(*server, "reload: the new workers serve");
    while (brief(server->get("/")) !=
           "200 changed") {  // the former worker may have taken a client yet
    }
}

TEST_F(WsgiServe, TwentyReloadsUnderLoadLoseNoRequest) {  // W-026
    write("0");
    const auto server = serve(changing());
    std::atomic<bool> over{false};
    std::atomic<int> lost{0};
    const auto ask_on = [&] {
        while (!over) {
            if (!server->get("/").starts_with("HTTP/1.1 200 ")) ++lost;
        }
    };
    std::vector<std::thread> clients;
    for (int i = 0; i < 4; ++i) clients.emplace_back(ask_on);
    for (int i = 1; i <= 20; ++i) {
        write(std::to_string(i));
        server->program.send_signal(SIGHUP);
        for (std::string body; body != "200 " + std::to_string(i);) {
            body = brief(server->get("/"));
            EXPECT_THAT(body, StartsWith("200 "));
        }
    }
    over = true;
    for (std::thread& client : clients) client.join();
    EXPECT_EQ(lost, 0);
}

TEST_F(WsgiServe, AWorkerIsReplacedAfterItsRequests) {  // "requests"
    const auto server = serve_rows(R"(, "requests": 5)");
    for (int i = 0; i < 5; ++i) EXPECT_THAT(server->get("/threads"), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(line_with(*server, "asks to be replaced"),
                HasSubstr("5 requests, as \"requests\" says"));
    line_with(*server, "takes the place of");
}

TEST_F(WsgiServe, LinesOfPythonsAreInTheErrorLogWithTheirRequest) {  // W-028
    const auto server = serve_rows();
    const std::string id = body_of(server->get("/prints"));
    const std::string pid = '[' + std::to_string(server->workers().at(0)) + ']';
    const std::string end = " (request " + id + ')';
    EXPECT_THAT(line_with(*server, "printed"),
                AllOf(HasSubstr(" error "), HasSubstr(pid), EndsWith("printed by print" + end)));
    EXPECT_THAT(server->program.read_error_line(), EndsWith("to stderr" + end));
    EXPECT_THAT(server->program.read_error_line(),
                EndsWith("to wsgi.errors \\xe2\\x82\\xac" + end));
}

TEST_F(WsgiServe, ThreadsKeepTheirNamesAndWhatTheyHaveOfTheirOwn) {  // W-024 W-025
    const auto server = serve_rows(kOneThread);
    for (int i = 1; i <= 3; ++i)
        EXPECT_EQ(brief(server->get("/threads")), "200 grove-1 " + std::to_string(i));
    // As ps, gdb and py-spy have them.
    std::vector<std::string> names;
    const auto tasks = "/proc/" + std::to_string(server->workers().at(0)) + "/task";
    for (const auto& task : std::filesystem::directory_iterator{tasks})
        std::getline(std::ifstream{task.path() / "comm"}, names.emplace_back());
    EXPECT_THAT(names, testing::IsSupersetOf({"grove-1", "grove-python"}));
}

TEST_F(WsgiServe, SignalsAreTheServersAndChildrenHaveTheirOwn) {  // W-021 W-022
    const auto server = serve_rows();
    const std::string body = body_of(server->get("/signals"));
    EXPECT_THAT(body, StartsWith("SigBlk 0 SigIgn 0 "));
    EXPECT_THAT(body, EndsWith(" -15"));
    for (const char* const name : {"TERM", "INT", "HUP", "QUIT", "USR1", "USR2", "PIPE"}) {
        line_with(*server, std::string{"signal.signal(SIG"} + name +
                               ") is ignored: the signal is the server's");
    }
    server->program.send_signal(SIGTERM);
    EXPECT_EQ(server->program.wait(), 0);
}

TEST_F(WsgiServe, OtherSignalsAreTheApplications) {  // W-021
    const std::string path = write_module(
        "alarmed.py",
        "import signal\n"
        "def handler(number, frame): pass\n"
        "signals = signal.SIGALRM, signal.SIGCHLD\n"
        "for one in signals: signal.signal(one, handler)\n"
        "def application(environ, start_response):\n"
        "    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
        "    return [repr([signal.getsignal(one) is handler for one in signals]).encode()]\n");
    const auto server =
        serve(R"("apps": [{"app": "wsgi", "config": {"module": "alarmed")" + path + "}}]");
    EXPECT_EQ(brief(server->get("/")), "200 [True, True]");
}

TEST_F(WsgiServe, AForkedChildHasNoListener) {  // W-032
    const auto server = serve_rows();
    EXPECT_EQ(brief(server->get("/forks")), "200 0");
}

TEST_F(WsgiServe, ACrashIsToldWithTheRequestOfItsThread) {  // W-031
    const auto server = serve_rows();
    EXPECT_EQ(server->get("/crashes"), "");
    EXPECT_THAT(line_with(*server, "another takes its place"),
                AllOf(HasSubstr(kCrashed), HasSubstr(" while it ran GET /crashes (request ")));
}

TEST_F(WsgiServe, MetricsAndDumpsTellOfThreads) {  // W-029
    const auto server = serve_rows(R"(, "threads": 2)", R"(, "admin": "127.0.0.1:0")");
    const std::uint16_t admin = admin_port(*server);
    server->get("/threads");
    server->get("/raises");
    const auto look = [admin] { return PrometheusText{body_of(ask(admin, "/metrics"))}; };
    // A request is counted when its thread is done with it. It is ctest's time-out, if it never is.
    while (look()[R"(wsgi_requests_total{status="none"})"] != 1) {
    }
    const PrometheusText metrics = look();
    EXPECT_EQ(metrics[R"(wsgi_requests_total{status="2xx"})"], 1);
    EXPECT_EQ(metrics["wsgi_requests_waiting"], 0);
    EXPECT_GT(metrics["wsgi_wait_seconds_total"], 0);
    EXPECT_THAT(ask(admin, "/greenlets"), HasSubstr("python thread grove-python"));
    server->program.send_signal(SIGUSR2);
    line_with(*server, "python thread grove-python");
}

// A middleware that does not keep the only application ends Python, in a worker that goes on.
TEST_F(WsgiServe, WhoeverNeedsAPythonThatHasEndedIsRefused) {
    write("never asked");
    const auto mounted = [](const std::string& mount, const std::string& more) {
        return R"({"app": "wsgi", "mount": ")" + mount +
               R"(", "config": {"module": "changing", "path": ["."]})" + more + '}';
    };
    const std::string replaced =
        mounted("/", R"(, "around": [{"app": "wrapper", "config": {"in place": 1}}])");
    const auto server = serve("\"apps\": [" + replaced + ']');
    EXPECT_EQ(brief(server->get("/")), "200 in its place");
    server->program.send_signal(SIGUSR2);
    EXPECT_THAT(line_with(*server, "on_dump"), EndsWith("Python has ended in this process"));

    EXPECT_THAT(check_apps(replaced + ", " + mounted("/more", "")),
                HasSubstr("/apps/1: Python has ended in this process"));
}

TEST_F(WsgiServe, MountsShareOnePythonAndOneEnvironment) {
    const auto server =
        serve("\"apps\": [" + app("", "rows", "/a") + ", " + app("", "rows", "/b") + "]");
    EXPECT_THAT(body_of(server->get("/a/environ")), HasSubstr("SCRIPT_NAME '/a'\n"));
    EXPECT_THAT(body_of(server->get("/b/environ")), HasSubstr("SCRIPT_NAME '/b'\n"));
}

}  // namespace
}  // namespace grove
