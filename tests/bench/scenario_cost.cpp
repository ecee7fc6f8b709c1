// scenario_cost NAME TIMES [PLUGIN] - does the scenario so many times, for scenarios.py to count its instructions and
// system calls. A scenario of requests is served here, and its client is another process of this program, which is
// not counted: scenario_cost NAME TIMES PORT CA. PLUGIN is the file of the plugin static.
//
// The scenarios without a client are of the core: timeout, kill and, to compare with them, ended; lookup, which is of the
// router; and client, whose server is another process.
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <dlfcn.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <grove/core/connect.h>
#include <grove/core/event.h>
#include <grove/core/fd_wait.h>
#include <grove/core/greenlet.h>
#include <grove/core/stream.h>
#include <grove/core/timeout.h>
#include <grove/core/tls.h>
#include <grove/http/access_format.h>
#include <grove/http/client.h>
#include <grove/http/mounts.h>
#include <grove/http/plugin_abi.h>
#include <grove/http/wsgi_server.h>
#include <grove/web/rate_limit.h>
#include <grove/web/router.h>

#include "route_tree.h"
#include "scenario.h"
#include "temporary_folder.h"
#include "test_certificates.h"

using namespace grove;
using namespace grove::http;
using bench::Scenario;

namespace {

constexpr std::string_view kHello = "Hello, World!";

// ---- the client

Stream connected(std::uint16_t port, const std::string& ca) {
    Stream stream = connect(Address::ip("127.0.0.1", port));
    if (ca.empty()) return stream;
    return tls_connect(std::move(stream), TlsContext::client({.ca_file = ca}), "localhost");
}

void exchange(Stream& stream, const Scenario& scenario, std::string_view request) {
    static std::vector<char> room(65536);
    stream.sendall(request);
    std::string end;  // of what came: the last of an answer may come in parts
    for (int have = 0; have < scenario.answers;) {
        const std::size_t got = stream.recv(room);
        if (got == 0) throw std::runtime_error{"the server went"};
        end.append(room.data(), got);
        std::size_t after = 0;
        for (std::size_t at = 0; (at = end.find(scenario.last, at)) != end.npos; after = ++at)
            ++have;
        end.erase(0, std::max(after, end.size() - std::min(end.size(), scenario.last.size() - 1)));
    }
}

void be_client(const Scenario& scenario, int times, std::uint16_t port, const std::string& ca) {
    Stream stream = connected(port, ca);
    if (scenario.http2) stream.sendall(scenario.request);
    for (int i = 0; i < times; ++i) {
        if (scenario.closes && i != 0) stream = connected(port, ca);
        scenario.http2
            ? exchange(stream, scenario,
                       bench::http2_requests(static_cast<std::uint32_t>(i * scenario.answers),
                                             scenario.answers))
            : exchange(stream, scenario, scenario.request);
    }
}

/// Ends when its process does: `alive` becomes readable then.
struct ClientProcess {
    ClientProcess(char** argv, const std::string& port, const std::string& ca) {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error{"pipe2"};
        alive.reset(ends[0]);
        const FileDescriptor others{ends[1]};
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        constexpr int kKept = 9;
        posix_spawn_file_actions_adddup2(&actions, ends[1], kKept);
        std::string port_text = port;
        std::string ca_text = ca;
        char* const arguments[] = {argv[0],          argv[1],        argv[2],
                                   port_text.data(), ca_text.data(), nullptr};
        const int error = ::posix_spawn(&pid, argv[0], &actions, nullptr, arguments, environ);
        posix_spawn_file_actions_destroy(&actions);
        if (error != 0) throw std::runtime_error{"posix_spawn"};
    }
    int wait() {
        wait_readable(alive.get());
        int status = 0;
        ::waitpid(pid, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
    }
    FileDescriptor alive;
    pid_t pid = 0;
};

// ---- the applications

Body hello(Environ& environ, StartResponse& start_response) {
    while (!environ.input().read(65536).empty()) {
    }
    start_response("200 OK", {{"Content-Type", "text/plain"}});
    return kHello;
}

Application text_of(std::size_t bytes) {
    return [text = std::string(bytes - kHello.size(), 'x').append(kHello)](
               Environ&, StartResponse& start_response) {
        start_response("200 OK", {{"Content-Type", "text/plain"}});
        return Body{text};
    };
}

constexpr int kPieces = 10;
constexpr std::string_view kPiece = "0123456789abcdef";

Body generated(Environ&, StartResponse& start_response) {
    start_response("200 OK", {{"Content-Type", "text/plain"}});
    return Body{[left = kPieces]() mutable -> std::optional<std::string> {
        if (left-- == 0) return std::nullopt;
        return std::string{kPiece};
    }};
}

Body in_pieces(Environ&, StartResponse& start_response) {
    start_response("200 OK", {{"Content-Type", "text/plain"}});
    std::vector<std::string> pieces(kPieces - 1, std::string{kPiece});
    pieces.emplace_back(kHello);
    return Body{std::move(pieces)};
}

Application mounted() {
    constexpr int kMounts = 1000;
    std::vector<Mount> mounts{{"/", hello}};
    for (int i = 1; i < kMounts; ++i) mounts.push_back({"/mount/" + std::to_string(i), hello});
    return Mounts{std::move(mounts)};
}

/// What routed() answers, without the library for it (R-052).
Body item_by_hand(Environ& environ, StartResponse& start_response) {
    const std::string_view path = environ["PATH_INFO"];
    constexpr std::string_view kItems = "/items/";
    if (environ["REQUEST_METHOD"] != "GET" || !path.starts_with(kItems)) {
        start_response("404 Not Found", {{"Content-Type", "text/plain; charset=utf-8"}});
        return "Not Found\n";
    }
    std::string text{path.substr(kItems.size())};
    start_response("200 OK", {{"Content-Type", "text/plain; charset=utf-8"}});
    return text.append(" ").append(kHello);
}

Application routed() {
    return web::Router{}.get("/items/{id}", [](web::Request& request) {
        return web::text(request.path<std::string>("id").append(" ").append(kHello));
    });
}

Application limited() {
    constexpr double kNever = 1e9;
    return chain(hello, {web::rate_limit({.rate = kNever, .burst = kNever})});
}

Application from_plugin(const char* file, const std::string& config) {
    void* const plugin = ::dlopen(file, RTLD_NOW);
    if (plugin == nullptr) throw std::runtime_error{::dlerror()};
    const auto* const descriptor =
        static_cast<const PluginDescriptor*>(::dlsym(plugin, "grove_plugin"));
    const auto report = [](void*, const char* text, std::size_t size) {
        std::cerr << std::string_view{text, size} << '\n';
    };
    void* const made = descriptor->create(config.data(), config.size(), report, nullptr);
    if (made == nullptr) throw std::runtime_error{"the plugin refuses"};
    return *static_cast<Application*>(made);
}

int serve(const Scenario& scenario, char** argv, const char* plugin) {
    const TemporaryFolder folder;
    test::Authority authority{folder.path()};
    WsgiOptions options{.spawn = 100};
    Application application = hello;
    if (scenario.http2) {
        options.http2.emplace();
        options.h2c = true;
    }
    std::string ca;
    std::string line;
    if (scenario.name == "tls") {
        options.tls = TlsContext::server(
            {.certificates = {authority.issue("localhost", {"DNS:localhost"})}, .alpn = {}});
        ca = authority.file();
    } else if (scenario.name == "logged") {
        options.access_log = [&line](const AccessRecord& record) {
            line.clear();
            append_combined(line, record, std::chrono::system_clock::now());
        };
    } else if (scenario.name == "text16k") {
        application = text_of(16384);
    } else if (scenario.name == "generator") {
        application = generated;
    } else if (scenario.name == "vector") {
        application = in_pieces;
    } else if (scenario.name == "mounts") {
        application = mounted();
    } else if (scenario.name == "by_hand") {
        application = item_by_hand;
    } else if (scenario.name == "routed") {
        application = routed();
    } else if (scenario.name == "limited") {
        application = limited();
    } else if (scenario.name == "static1k") {
        const std::string file = folder.path() / "file";
        std::ofstream{file} << std::string(1024 - kHello.size(), 'x') << kHello;
        application = from_plugin(plugin, R"({"root": ")" + folder.path().string() + "\"}");
    }
    WsgiServer server{"127.0.0.1:0", application, options};
    server.start();
    ClientProcess client{argv, std::to_string(server.server_port()), ca};
    const int result = client.wait();
    server.stop();
    return result;
}

// ---- of the core

// Apart: what it throws would look through all that main() may throw and catch.
[[gnu::noinline]] void time_out(int times) {
    Event never;
    for (int i = 0; i < times; ++i) {
        try {
            const TimeoutGuard guard{std::chrono::nanoseconds{1}};
            never.wait();
        } catch (const Timeout&) {
        }
    }
}

void begin_and_end(int times, bool kill) {
    Event never;
    Event now;
    for (int i = 0; i < times; ++i) {
        const Greenlet greenlet = spawn([&] { (kill ? never : now).wait(); });
        sleep();  // it waits
        kill ? greenlet.kill() : now.set();
        greenlet.join();
        now.clear();
    }
}

// ---- of the client

/// Serves in another process, until this one ends it.
class Served {
public:
    Served() {
        int ends[2];
        if (::pipe(ends) != 0) throw std::runtime_error{"pipe"};
        pid_ = ::fork();
        if (pid_ < 0) throw std::runtime_error{"fork"};
        if (pid_ == 0) be_server(ends[1]);
        if (::read(ends[0], &port_, sizeof port_) != sizeof port_) throw std::runtime_error{"read"};
    }
    ~Served() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    Served(const Served&) = delete;
    Served& operator=(const Served&) = delete;

    [[nodiscard]] std::string url() const {
        return "http://127.0.0.1:" + std::to_string(port_) + "/";
    }

private:
    [[noreturn]] static void be_server(int out) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        WsgiServer server{"127.0.0.1:0", hello};
        server.start();
        const std::uint16_t port = server.server_port();
        if (::write(out, &port, sizeof port) != sizeof port) ::_exit(EXIT_FAILURE);
        server.serve_forever();
        ::_exit(EXIT_SUCCESS);
    }

    pid_t pid_ = 0;
    std::uint16_t port_ = 0;
};

void ask(int times) {     // C-014
    const Served served;  // forked before this process has a hub
    Client client;
    for (int i = 0; i < times; ++i) {
        if (client.get(served.url()).read() != kHello) throw std::runtime_error{"another answer"};
    }
}

// ---- of the router

void look_up(int times) {  // R-023
    constexpr std::size_t kRules = 1000;
    web::Routes routes;
    std::vector<std::string> paths;
    for (std::size_t i = 0; i < kRules; ++i) {
        const std::string resource = "/api/resource" + std::to_string(i);
        routes.routes.push_back({.path = web::parse_rule(resource + "/{id:int}/parts/{part}"),
                                 .methods = {"GET"},
                                 .handler = [](web::Request&) { return web::text(""); }});
        paths.push_back(resource + "/12345/parts/wheel");
    }
    const web::RouteTree tree{routes.routes};
    for (int i = 0; i < times; ++i) {
        const std::string& path = paths[static_cast<std::size_t>(i) % kRules];
        if (tree.find({path, false}, "GET") == nullptr) std::abort();
    }
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view name = argc > 2 ? argv[1] : "";
    const int times = argc > 2 ? std::atoi(argv[2]) : 0;
    try {
        if (name == "timeout") {
            time_out(times);
        } else if (name == "kill" || name == "ended") {
            begin_and_end(times, name == "kill");
        } else if (name == "lookup") {
            look_up(times);
        } else if (name == "client") {
            ask(times);
        } else if (argc > 4) {
            be_client(bench::scenario(name), times, static_cast<std::uint16_t>(std::atoi(argv[3])),
                      argv[4]);
        } else {
            return serve(bench::scenario(name), argv, argc > 3 ? argv[3] : "");
        }
    } catch (const std::exception& error) {
        std::cerr << "scenario_cost: " << error.what() << '\n';
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
