// exchange.h - one request on its way to an upstream, and to others if that one does not answer.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <grove/http/client.h>
#include <grove/http/environ.h>

#include "departure.h"
#include "peers.h"

/// Used once, in the greenlet that serves the request. All must outlive it.
class Exchange {
public:
    Exchange(Peers& peers, grove::http::Environ& request, Departure& departure);

    /// Blocks until the head of an answer is there. @throws as relay()
    grove::http::ClientAnswer run();

private:
    grove::http::ClientAnswer ask(std::size_t upstream);
    [[nodiscard]] grove::http::ClientRequest request_to(std::size_t upstream);
    [[nodiscard]] std::string_view host() const;
    [[nodiscard]] bool blames_upstream(const grove::http::ClientError& error) const;
    [[nodiscard]] bool may_ask_another(const grove::http::ClientError& error) const;
    void take_body();
    std::optional<std::string> next_piece();

    Peers& peers_;
    grove::http::Environ& request_;
    Departure& departure_;
    std::string target_{};
    std::vector<std::size_t> tried_{};
    std::shared_ptr<const std::string>
        small_body_{};  // sent again if need be; null: there is none, or it is streamed
    bool streams_ = false;
    std::optional<std::uint64_t> length_{};  // of what is streamed
    bool begun_ = false;                     // some of that may be lost
    bool sent_ = false;                      // all of it
};
