// http2_server.cpp - http2_server [OPTION...] [CERTIFICATE KEY]: an application for tests, over HTTP/2 by TLS, or with
// prior knowledge, until its standard input ends; a line of that has it retire. Writes its port first.
//
//   --without-http2       speaks HTTP/1.1 alone
//   --without-h2c         speaks HTTP/2 by TLS alone
//   --ciphers=LIST        of TLS 1.2, which is the newest that clients should use then
//   --request=N           timeouts.request, in milliseconds
//   --write=N             timeouts.write, likewise
//
//   /        "hello\n"
//   /echo    the body
//   /bytes/N N bytes
//   /pieces  ten pieces of a generator
//   /environ the environ's texts, a line each
//   /short   says 10 bytes, and gives 3
//   /stream/N N bytes in pieces of 4,096, which a generator gives
//   /file/N  N bytes of a file
//   /length  how many bytes the body has
//   /hangs   until it is killed
//   /access  the access log so far, each line combined and as json
//   /errors  the error log so far
//   /running the requests that run, and by which streams
//   /counts  the metrics of connections
//   /close   "hello\n", with Connection: close
//   /hop     what start_response throws for a field that is a connection's
//   /trailed/KIND  "abc" as a text, or a generator, or nothing as "empty", and fields behind it; "wrong": bad ones
//   /trailers  those of the request, read behind its body
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <iostream>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

#include <grove/core.h>
#include <grove/http.h>
#include <grove/http/access_format.h>

namespace {

using namespace grove::http;

Body numbered_pieces() {
    auto count = std::make_shared<int>(0);
    return Body{[count]() -> std::optional<std::string> {
        if (*count == 10) return std::nullopt;
        return "piece " + std::to_string((*count)++) + "\n";
    }};
}

Body streamed(std::size_t bytes) {
    auto left = std::make_shared<std::size_t>(bytes);
    return Body{[left]() -> std::optional<std::string> {
        if (*left == 0) return std::nullopt;
        const std::size_t size = std::min<std::size_t>(*left, 4096);
        *left -= size;
        return std::string(size, 'x');
    }};
}

Body zeros_of_a_file(std::size_t bytes) {
    grove::FileDescriptor file{::memfd_create("zeros", 0)};
    if (::ftruncate(file.get(), static_cast<off_t>(bytes)) != 0) throw std::bad_alloc{};
    return OpenFile{std::move(file), 0, bytes};
}

std::string length_of(Input& input) {
    std::size_t bytes = 0;
    for (std::string piece = input.read(4096); !piece.empty(); piece = input.read(4096))
        bytes += piece.size();
    return std::to_string(bytes) + "\n";
}

/// What the server tells of itself, kept.
struct Told {
    std::string access;
    std::string errors;
    ServerMetrics metrics;
    WsgiServer* server = nullptr;

    void add(const AccessRecord& record) {
        const auto now = std::chrono::system_clock::now();
        access += format_combined(record, now) + "\n" + format_json(record, now) + "\n";
    }
    [[nodiscard]] std::string running() const {
        std::string text;
        for (const RequestInfo& one : server->requests())
            text += one.method + " " + one.path + " " + std::to_string(one.stream) + "\n";
        return text;
    }
    [[nodiscard]] std::string counts() const {
        std::string text;
        const auto add = [&text](const char* name, const Tally& tally) {
            text.append(name).append("=") += std::to_string(tally.value()) + "\n";
        };
        add("connections", metrics.connections);
        add("idle", metrics.idle);
        add("in_flight", metrics.in_flight);
        add("http2", metrics.http2_connections);
        add("refused", metrics.http2_streams_refused);
        add("client_resets", metrics.http2_client_resets);
        add("server_resets", metrics.http2_server_resets);
        add("goaways", metrics.http2_goaways[0]);
        add("calm", metrics.http2_goaways[11]);
        return text;
    }
};

Body texts_of(const Environ& environ) {
    std::string text;
    environ.for_each([&text](std::string_view name, std::string_view value) {
        text.append(name).append("=").append(value) += '\n';
    });
    return text;
}

Body trailed(std::string_view kind) {
    Body body = kind == "empty" ? Body{} : Body{"abc"};
    if (kind == "generator") {
        body = Body{[given = false]() mutable -> std::optional<std::string> {
            if (std::exchange(given, true)) return std::nullopt;
            return "abc";
        }};
    }
    const char* const name = kind == "wrong" ? "Content-Length" : "Checked";
    return std::move(body).trailers([name] { return Headers{{name, "1"}, {"X-Sum", "7"}}; });
}

Body trailers_of(Environ& environ) {
    Input& input = environ.input();
    std::string text = std::to_string(input.trailers().size()) + '\n';
    static_cast<void>(input.read());
    for (const auto& [name, value] : input.trailers())
        text.append(name).append("=").append(value) += '\n';
    return text;
}

std::string refused_field(StartResponse& start_response) {
    std::string refused;
    for (const char* const name : {"Transfer-Encoding", "Keep-Alive"}) {
        try {
            start_response("200 OK", Headers{{name, "x"}});
        } catch (const std::logic_error& error) {
            refused.append(error.what()) += '\n';
        }
    }
    return refused;
}

Body answer(const Told& told, Environ& environ, StartResponse& start_response) {
    const std::string path{environ["PATH_INFO"]};
    if (path == "/hangs") grove::sleep(std::chrono::hours{1});
    Headers headers{{"Content-Type", "text/plain"}};
    if (path == "/short") headers.emplace_back("Content-Length", "10");
    if (path == "/close") headers.emplace_back("Connection", "close");
    const std::string refused = path == "/hop" ? refused_field(start_response) : "";
    start_response("200 OK", std::move(headers));
    if (path == "/hop") return refused;
    if (path.starts_with("/trailed/")) return trailed(path.substr(9));
    if (path == "/trailers") return trailers_of(environ);
    if (path == "/echo") return environ.input().read();
    if (path.starts_with("/bytes/")) return std::string(std::stoul(path.substr(7)), 'x');
    if (path == "/pieces") return numbered_pieces();
    if (path.starts_with("/stream/")) return streamed(std::stoul(path.substr(8)));
    if (path.starts_with("/file/")) return zeros_of_a_file(std::stoul(path.substr(6)));
    if (path == "/length") return length_of(environ.input());
    if (path == "/access") return told.access;
    if (path == "/errors") return told.errors;
    if (path == "/running") return told.running();
    if (path == "/counts") return told.counts();
    if (path == "/environ") return texts_of(environ);
    if (path == "/short") return "abc";
    return "hello\n";
}

// The value of an option that begins with `name`, which is taken out.
std::optional<std::string> take(std::vector<std::string>& arguments, std::string_view name) {
    const auto found =
        std::find_if(arguments.begin(), arguments.end(),
                     [name](const std::string& argument) { return argument.starts_with(name); });
    if (found == arguments.end()) return std::nullopt;
    const std::string value = found->substr(name.size());
    arguments.erase(found);
    return value;
}

WsgiOptions options_of(std::vector<std::string>& arguments, Told& told) {
    WsgiOptions options;
    options.access_log = [&told](const AccessRecord& record) { told.add(record); };
    options.error_log = [&told](LogLevel, std::string_view line) {
        told.errors.append(line) += '\n';
    };
    options.request_ids = true;
    options.metrics = &told.metrics;
    if (const auto time = take(arguments, "--request="))
        options.timeouts.request = std::chrono::milliseconds{std::stoi(*time)};
    if (const auto time = take(arguments, "--write="))
        options.timeouts.write = std::chrono::milliseconds{std::stoi(*time)};
    if (!take(arguments, "--without-http2")) options.http2.emplace();
    options.h2c = !take(arguments, "--without-h2c");
    const std::string ciphers = take(arguments, "--ciphers=").value_or("");
    if (arguments.size() == 2) {
        options.h2c = false;
        options.tls = grove::TlsContext::server(
            {.certificates = {{.chain_file = arguments[0], .key_file = arguments[1]}},
             .ciphers = ciphers});
    }
    return options;
}

}  // namespace

int main(int count, char** arguments) {
    std::vector<std::string> files{arguments + 1, arguments + count};
    Told told;
    const WsgiOptions options = options_of(files, told);
    const Application application = [&told](Environ& request, StartResponse& start_response) {
        return answer(told, request, start_response);
    };
    WsgiServer server{"127.0.0.1:0", application, options};
    told.server = &server;
    server.start();
    std::cout << server.server_port() << std::endl;
    for (std::array<char, 64> line; grove::wait_readable(STDIN_FILENO);) {
        if (::read(STDIN_FILENO, line.data(), line.size()) <= 0) break;
        server.retire();
    }
    server.stop(std::chrono::seconds{2});
}
