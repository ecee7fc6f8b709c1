// errors.h - the exceptions that grove throws.
//
// GreenletExit and Timeout are not std::exceptions: a handler that reports errors by
// catch (const std::exception&) must not swallow a kill or a timeout (gevent: they are
// BaseExceptions).
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <system_error>

#include <grove/core/detail/export.h>
#include <grove/core/duration.h>

namespace grove {

/// Thrown into a greenlet by kill(), unless kill() is given another exception
/// (gevent.GreenletExit). A greenlet that it ends counts as successful; the same holds for types
/// derived from it.
class GROVE_EXPORT GreenletExit {
public:
    GreenletExit() = default;
    GreenletExit(const GreenletExit&) = default;
    GreenletExit& operator=(const GreenletExit&) = default;
    virtual ~GreenletExit();
};

/// Thrown by an expired TimeoutGuard, and by a get() that was not ready in time. Not a
/// std::exception.
class GROVE_EXPORT Timeout {
public:
    /// For tests, and for code that stands in for a guard.
    Timeout(std::uint64_t id, Duration duration) noexcept : id_{id}, duration_{duration} {}
    Timeout(const Timeout&) = default;
    Timeout& operator=(const Timeout&) = default;
    virtual ~Timeout();

    /// The id of the guard that threw it; 0: thrown by a call such as get() that would have
    /// blocked, or whose own timeout passed.
    [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
    /// The time that passed; for a get(), the timeout that it was given.
    [[nodiscard]] Duration duration() const noexcept { return duration_; }
    /// The duration in the largest unit that keeps it an integer: "100ms", "2s".
    [[nodiscard]] std::string what() const;

private:
    std::uint64_t id_;
    Duration duration_;
};

/// The caller would block for ever: nothing is left that could wake it
/// (gevent.exceptions.LoopExit). Thrown in the main greenlet, at the call that blocked it.
class GROVE_EXPORT LoopExit : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
    ~LoopExit() override;
};

/// A call that had to block was made from the hub: from a raw link, a watcher or a function given
/// to run_threadsafe (gevent.exceptions.BlockingSwitchOutError).
class GROVE_EXPORT BlockingInHub : public std::logic_error {
public:
    using std::logic_error::logic_error;
    ~BlockingInHub() override;
};

/// Thrown by get() on a greenlet that was killed before it had a value.
class GROVE_EXPORT Killed : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
    ~Killed() override;
};

/// A container has no room, now or within the time given. PoolFull derives from it.
class GROVE_EXPORT Full : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
    ~Full() override;
};

/// A queue has no item to give, now or within the time given.
class GROVE_EXPORT Empty : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
    ~Empty() override;
};

/// The queue was shut down: put() is refused, and so is get() once no item is left.
class GROVE_EXPORT ShutDown : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
    ~ShutDown() override;
};

/// The stream ended before all the bytes that a StreamReader was asked for had come.
class GROVE_EXPORT EndOfStream : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
    ~EndOfStream() override;
};

/// The timeout of a socket call has passed. It is a std::system_error (errc::timed_out).
class GROVE_EXPORT SocketTimeout : public std::system_error {
public:
    explicit SocketTimeout(const char* call);  ///< `call`: the call's name, for the text.
    ~SocketTimeout() override;
};

/// TLS failed: a handshake, a certificate, a broken record, an end without close_notify. The text
/// says what failed; code() has a category of its own, or the system's.
class GROVE_EXPORT TlsError : public std::system_error {
public:
    using std::system_error::system_error;
    ~TlsError() override;
};

/// An option of a TlsContext cannot be used: a file, or a name that OpenSSL is to know. A file with
/// a password is refused; nobody is ever asked for the password.
class GROVE_EXPORT TlsOptionError : public TlsError {
public:
    /// The member of TlsServerOptions, TlsClientOptions or TlsCertificate. kAuthorities:
    /// client_ca_file or ca_file.
    enum class Option {
        kChain,
        kKey,
        kOcsp,
        kAuthorities,
        kClientCrl,
        kCiphers,
        kCiphersuites,
        kGroups,
    };

    /// Made by TlsContext.
    TlsOptionError(const std::error_code& code, const std::string& what, Option option,
                   std::size_t certificate);
    ~TlsOptionError() override;

    /// What is wrong.
    [[nodiscard]] Option option() const noexcept { return option_; }
    /// For a member of a TlsCertificate, the certificate's place: those of
    /// TlsServerOptions::certificates come first, then those of TlsServerOptions::names.
    [[nodiscard]] std::size_t certificate() const noexcept { return certificate_; }

private:
    Option option_;
    std::size_t certificate_;
};

/// The type of `error` and, if it has a text, the text: "std::runtime_error: no such host", "int",
/// "grove::Timeout: 100ms".
[[nodiscard]] GROVE_EXPORT std::string describe(const std::exception_ptr& error);

}  // namespace grove
