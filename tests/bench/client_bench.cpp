// What a kept request costs its client: grove's Client beside libcurl's easy interface, one after another, and beside its
// multi interface, 32 at once; and beside the easy interface over TLS 1.3 (C-014). Run: build/release/bin/client_bench; the column CPU is what counts, as the server is
// another process.
#include <csignal>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <curl/curl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <grove/core/address.h>
#include <grove/core/greenlet.h>
#include <grove/core/tls.h>
#include <grove/http/client.h>
#include <grove/http/wsgi_server.h>

#include "temporary_folder.h"
#include "test_certificates.h"

namespace {

using grove::http::Environ;
using grove::http::StartResponse;

constexpr std::size_t kAtOnce = 32;

/// For localhost, until the process ends.
struct Identity {
    grove::TemporaryFolder folder{};
    grove::test::Authority authority{folder.path()};
    grove::TlsCertificate certificate = authority.issue("localhost", {"DNS:localhost"});
};
const Identity& identity() {
    static const Identity identity;
    return identity;
}

/// Answers "Hello, World!", in a process that ends with this one.
class Server {
public:
    explicit Server(bool tls = false) : tls_{tls} {
        int ends[2];
        if (::pipe(ends) != 0) throw std::runtime_error{"pipe"};
        child_ = ::fork();
        if (child_ < 0) throw std::runtime_error{"fork"};
        if (child_ == 0) serve(ends[1]);
        if (::read(ends[0], &port_, sizeof port_) != sizeof port_) throw std::runtime_error{"read"};
        ::close(ends[0]);
        ::close(ends[1]);
    }
    ~Server() {
        ::kill(child_, SIGKILL);
        ::waitpid(child_, nullptr, 0);
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    [[nodiscard]] std::string url() const {
        return (tls_ ? "https://localhost:" : "http://127.0.0.1:") + std::to_string(port_) + "/";
    }

private:
    [[noreturn]] void serve(int out) const {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        grove::http::WsgiOptions options;
        if (tls_)
            options.tls = grove::TlsContext::server({.certificates = {identity().certificate}});
        grove::http::WsgiServer server{
            "127.0.0.1:0",
            [](Environ&, StartResponse& start_response) -> grove::http::Body {
                start_response("200 OK", {{"Content-Type", "text/plain"}});
                return "Hello, World!";
            },
            options};
        server.start();
        const std::uint16_t port = grove::Address::parse(server.address()).port();
        if (::write(out, &port, sizeof port) != sizeof port) ::_exit(1);
        server.serve_forever();
        ::_exit(0);
    }

    bool tls_;
    pid_t child_ = -1;
    std::uint16_t port_ = 0;
};

/// Both are forked before this process has a hub, whichever benchmark comes first.
struct Servers {
    const Identity& of_tls = identity();  // not the child's alone
    Server plain{};
    Server tls{true};
};
const Servers& servers() {
    static const Servers servers;
    return servers;
}

const std::string& url() {
    static const std::string url = servers().plain.url();
    return url;
}

const std::string& tls_url() {
    static const std::string url = servers().tls.url();
    return url;
}

std::size_t keep(const char* bytes, std::size_t size, std::size_t count, void* into) {
    static_cast<std::string*>(into)->append(bytes, size * count);
    return size * count;
}

class Easy {
public:
    explicit Easy(const std::string& of = url()) {
        curl_easy_setopt(handle_.get(), CURLOPT_URL, of.c_str());
        curl_easy_setopt(handle_.get(), CURLOPT_WRITEFUNCTION, keep);
        curl_easy_setopt(handle_.get(), CURLOPT_WRITEDATA, &body_);
    }
    Easy(const Easy&) = delete;
    Easy& operator=(const Easy&) = delete;

    [[nodiscard]] CURL* handle() const { return handle_.get(); }
    void check() {
        if (body_.size() != 13) throw std::runtime_error{"curl: " + body_};
        body_.clear();
    }

private:
    struct Cleanup {
        void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    };
    std::unique_ptr<CURL, Cleanup> handle_{curl_easy_init()};
    std::string body_;
};

void ask(grove::http::Client& client, const std::string& of = url()) {
    if (client.get(of).read().size() != 13) throw std::runtime_error{"Client: another answer"};
}

void grove_one(benchmark::State& state) {
    url();
    grove::http::Client client;
    for (auto _ : state) ask(client);
}
BENCHMARK(grove_one);

void curl_easy(benchmark::State& state) {
    Easy easy;
    for (auto _ : state) {
        if (curl_easy_perform(easy.handle()) != CURLE_OK) throw std::runtime_error{"curl"};
        easy.check();
    }
}
BENCHMARK(curl_easy);

void grove_tls(benchmark::State& state) {
    const std::string& of = tls_url();
    grove::http::Client client{
        {.tls = grove::TlsContext::client({.ca_file = identity().authority.file()})}};
    for (auto _ : state) ask(client, of);
}
BENCHMARK(grove_tls);

void curl_easy_tls(benchmark::State& state) {
    Easy easy{tls_url()};
    curl_easy_setopt(easy.handle(), CURLOPT_CAINFO, identity().authority.file().c_str());
    curl_easy_setopt(easy.handle(), CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_3);
    for (auto _ : state) {
        if (curl_easy_perform(easy.handle()) != CURLE_OK) throw std::runtime_error{"curl"};
        easy.check();
    }
}
BENCHMARK(curl_easy_tls);

void grove_32(benchmark::State& state) {
    url();
    grove::http::Client client{{.per_host = kAtOnce}};
    for (auto _ : state) {
        std::vector<grove::Greenlet<void>> asking;
        asking.reserve(kAtOnce);
        for (std::size_t i = 0; i < kAtOnce; ++i)
            asking.push_back(grove::spawn([&] { ask(client); }));
        for (auto& one : asking) one.get();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kAtOnce));
}
BENCHMARK(grove_32);

void curl_multi_32(benchmark::State& state) {
    std::vector<Easy> all(kAtOnce);
    CURLM* const multi = curl_multi_init();
    for (auto _ : state) {
        for (Easy& easy : all) curl_multi_add_handle(multi, easy.handle());
        for (int running = 1; running != 0;) {
            curl_multi_perform(multi, &running);
            if (running != 0) curl_multi_poll(multi, nullptr, 0, 1000, nullptr);
        }
        for (Easy& easy : all) {
            curl_multi_remove_handle(multi, easy.handle());
            easy.check();
        }
    }
    curl_multi_cleanup(multi);
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kAtOnce));
}
BENCHMARK(curl_multi_32);

}  // namespace
