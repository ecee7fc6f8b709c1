#include "tls_shake.h"

#include <array>
#include <chrono>
#include <system_error>
#include <utility>

#include <gtest/gtest.h>

#include <grove/core/errors.h>
#include <grove/core/greenlet.h>

#include "stream_pair.h"

namespace grove::test {

using namespace std::chrono_literals;

std::string recv_some(Stream& stream) {
    std::array<char, 4096> buffer;
    const std::size_t got = stream.recv(buffer, 5s);
    return {buffer.data(), got};
}

TlsContextPtr TlsFiles::server(TlsServerOptions options) {
    if (options.certificates.empty()) options.certificates = {localhost};
    return TlsContext::server(std::move(options));
}

TlsContextPtr TlsFiles::client(TlsClientOptions options) const {
    if (options.ca_file.empty()) options.ca_file = authority.file();
    return TlsContext::client(std::move(options));
}

namespace {

void read_for_a_moment(Stream& stream) {
    std::array<char, 4096> buffer;
    try {
        stream.recv(buffer, 100ms);
    } catch (const SocketTimeout&) {
    }
}

}  // namespace

Handshake shake(const TlsContextPtr& server, const TlsContextPtr& client, const std::string& name) {
    auto pair = tcp_pair();
    Handshake result;
    auto accepting = spawn([&] {
        try {
            result.server = tls_accept(std::move(pair.server), server, 5s);
        } catch (const std::system_error& error) {
            result.server_error = error.what();
        }
    });
    try {
        result.client = tls_connect(std::move(pair.client), client, name, 5s);
        // TLS 1.3: a refusal comes when the client has done its part. A slow server just is not ready yet.
        while (!accepting.join(100ms)) read_for_a_moment(*result.client);
    } catch (const std::system_error& error) {
        result.client_error = error.what();
        result.client.reset();
    }
    accepting.join();
    return result;
}

std::string refusal_of(const std::function<void()>& make, TlsOptionError::Option option,
                       std::size_t certificate) {
    try {
        make();
    } catch (const TlsOptionError& error) {
        EXPECT_EQ(error.option(), option);
        EXPECT_EQ(error.certificate(), certificate);
        return error.what();
    }
    return "taken";
}

bool resumes(const TlsContextPtr& server, const TlsContextPtr& client, const std::string& name) {
    auto shaken = shake(server, client, name);
    EXPECT_TRUE(shaken.client) << shaken.client_error;
    if (!shaken.client || !shaken.server) return false;
    shaken.server->sendall("x");
    EXPECT_EQ(recv_some(*shaken.client), "x");
    return shaken.client->tls()->resumed;
}

}  // namespace grove::test
