// client_error.h - why a Client has no answer.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

#include <grove/core/detail/export.h>

namespace grove::http {

/// A request failed, or its answer. The text names the method and the URL without its query.
class GROVE_EXPORT ClientError : public std::runtime_error {
public:
    /// What failed.
    enum class Kind : std::uint8_t {
        kUrl,       ///< The URL cannot be used. Nothing was sent.
        kResolve,   ///< The host was not found.
        kConnect,   ///< No address of the host took a connection.
        kTls,       ///< The handshake failed, as for a certificate that is not trusted.
        kTimeout,   ///< A time of ClientOptions or ClientRequest has passed.
        kProtocol,  ///< The answer breaks HTTP, or its coded body is broken.
        kClosed,    ///< The peer ended the connection too early, or it broke.
        kTooLarge,  ///< The answer's head, or its body in read_all(), is over its limit.
        kRedirect,  ///< A redirect that is not followed: one too many, or to where none may lead.
    };

    /// How far the exchange with the peer had come.
    enum class Progress : std::uint8_t {
        kUnsent,    ///< Nothing of the request was written.
        kSent,      ///< Some of it was, and nothing of an answer came.
        kAnswered,  ///< Some of an answer had come.
    };

    /// Made by Client and ClientAnswer; programs make one in tests.
    ClientError(Kind kind, const std::string& text, Progress progress = Progress::kUnsent)
        : std::runtime_error{text}, kind_{kind}, progress_{progress} {}
    ClientError(const ClientError&) = default;
    ClientError& operator=(const ClientError&) = default;
    ~ClientError() override;

    /// What failed.
    [[nodiscard]] Kind kind() const noexcept { return kind_; }
    /// Of the request that failed last: an earlier one may have been redirected.
    [[nodiscard]] Progress progress() const noexcept { return progress_; }
    /// Something of the request may have reached the peer, which may have acted on it.
    [[nodiscard]] bool reached() const noexcept { return progress_ != Progress::kUnsent; }

private:
    Kind kind_;
    Progress progress_;
};

}  // namespace grove::http
