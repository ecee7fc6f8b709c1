// departure.h - ends what a greenlet waits for as soon as the request's client has gone.
#pragma once

#include <exception>
#include <optional>
#include <utility>

#include <grove/core/errors.h>
#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/timeout.h>
#include <grove/http/bad_request.h>
#include <grove/http/environ.h>

/// Made and used in the greenlet that serves the request; must not outlive the environ. Watches the connection.
class Departure {
public:
    explicit Departure(grove::http::Environ& request);
    ~Departure() { gone_.unlink(link_); }
    Departure(const Departure&) = delete;
    Departure& operator=(const Departure&) = delete;

    /// Calls `wait`, which blocks. @throws grove::http::ClientDisconnected  the client has gone before or meanwhile;
    /// what `wait` throws
    template <class Wait>
    auto during(Wait&& wait) {
        const Waiting waiting{*this};
        try {
            return std::forward<Wait>(wait)();
        } catch (const ClientLeft&) {
            refuse();
        }
    }

private:
    struct ClientLeft : grove::GreenletExit {};
    struct Waiting {
        explicit Waiting(Departure& whose)
            : departure{whose}, guard{std::nullopt, whose.exception_} {
            if (departure.has_left_) refuse();
            departure.waiting_ = &guard;
        }
        ~Waiting() { departure.waiting_ = nullptr; }
        Waiting(const Waiting&) = delete;
        Waiting& operator=(const Waiting&) = delete;

        Departure& departure;
        grove::TimeoutGuard guard;  // never armed: it throws when told, and nothing after its end
    };

    [[noreturn]] static void refuse();
    void left();

    grove::Event& gone_;
    grove::LinkId link_;
    std::exception_ptr exception_ = std::make_exception_ptr(ClientLeft{});
    grove::TimeoutGuard* waiting_ = nullptr;
    bool has_left_ = false;
};
