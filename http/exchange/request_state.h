// request_state.h - what is known of a request while it is served.
//
// The parts of an exchange share it: each reads and writes here what the others must know, and none has to know the
// exchange that it is a part of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <grove/core/detail/timer.h>
#include <grove/core/hub.h>
#include <grove/core/stream.h>

#include "answer_progress.h"
#include "body_spool.h"
#include "client_pace.h"
#include "request_head.h"
#include "request_ids.h"

namespace grove {
class Semaphore;
}

namespace grove::http {

class ClientHook;
class ClientSocket;
class ClientWatch;
class RequestLimit;
class SwitchedProtocol;
struct MountTerms;
struct ServiceTerms;

/// The base of an Exchange. It owns nothing that has to know it.
class RequestState {
public:
    /// An output buffer that grew larger is not kept.
    static constexpr std::size_t kKeptOutput = 65536;

    RequestState(const RequestState&) = delete;
    RequestState& operator=(const RequestState&) = delete;

    /// Whoever keeps a part of the request retains it. Until it is released it is neither reused nor destroyed.
    void retain() noexcept { ++references_; }
    void release() noexcept {
        if (--references_ == 0) delete this;
    }
    [[nodiscard]] bool shared() const noexcept { return references_ > 1; }

    [[nodiscard]] bool ended() const noexcept { return ended_ || client == nullptr; }
    /// A greenlet is blocked while it sends the output, which must not be touched by another one.
    [[nodiscard]] bool being_sent() const noexcept { return being_sent_; }
    /// The output is owed, but more may follow at once (a pipelined request): it leaves with that, or when
    /// the greenlet blocks, whichever is first.
    void owe_output() noexcept;
    /// Sends of it what goes without waiting, now and, if some is left, whenever the client takes more. Never blocks; no
    /// effect while a greenlet sends it.
    void push_output() noexcept;
    void await_room() noexcept;

    /// That of a trusted proxy, else one that is made when first asked for; "" if the server gives none.
    [[nodiscard]] std::string_view request_id() noexcept;
    /// What Environ::set() gave the key last; nullptr: nothing.
    [[nodiscard]] const std::string* find_override(std::string_view key) const noexcept;
    /// The environ's SCRIPT_NAME: the path of the mount that Mounts has handed the request to; "" before that.
    [[nodiscard]] std::string_view script_name() const noexcept;

    const ServiceTerms& terms;  // not when it is over: the server may be gone
    RequestHead head;
    ClientSocket* client = nullptr;       // nullptr: over
    ClientHook* hook = nullptr;           // of `client`
    std::uint32_t number = 0;             // among the requests of its connection, from 1
    bool limited_by_application = false;  // by Environ::set_timeout()
    std::string output;                   // framed bytes, not sent yet
    AnswerProgress answer;
    Timer::Instant began{};
    Timer::Instant joined{};                       // the line for a slot
    std::optional<RequestLimit>* limit = nullptr;  // while the application runs; on its stack
    std::vector<std::string> stack;                // of the greenlet when its time ran out
    std::optional<Stream> upgraded;                // the connection, if the application took it
    SwitchedProtocol* protocol = nullptr;          // what is spoken after a 101; null: HTTP
    std::size_t buffered = 0;                      // bytes that limits.buffered counts
    std::optional<BodySpool::Place> spooled;       // the first of these, if they wait in a file
    ClientPace pace;
    ClientWatch* watch = nullptr;       // while the application runs; null: nobody asks
    std::size_t unsent = 0;             // in the kernel's buffer, when it was looked at last
    const MountTerms* mount = nullptr;  // if that may have terms of its own: request_terms.h
    Semaphore* pool = nullptr;          // the mount's, while the request has a permit of it

    // The environ's: what was set, and what had to be made to be viewed.
    std::deque<std::pair<std::string, std::string>> overrides;  // the last of a name wins
    std::deque<std::string> made;
    struct Viewed {
        std::optional<std::string_view> path_info;
        std::optional<std::string_view> remote_addr;
        std::optional<std::string_view> remote_port;
        std::optional<std::string_view> server_name;
        std::optional<std::string_view> server_port;
        std::optional<std::string_view> traceparent;
    } viewed;

protected:
    explicit RequestState(const ServiceTerms& of_server);
    virtual ~RequestState();

    std::string_view request_id_;  // of the head, or of made_id_
    HubCall owed_;
    bool ended_ = false;

private:
    friend class AnswerOutput;

    void choose_request_id() noexcept;

    RequestIds::Id made_id_;
    bool being_sent_ = false;
    unsigned references_ = 1;
};

}  // namespace grove::http
