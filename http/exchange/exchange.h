// exchange.h - one request and its response, from the complete head to the access line.
//
// Reused for the next request of its server. An application may keep an Input or a Write longer than its
// request: then the exchange is not reused before they go, and answers them with an exception.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/uio.h>

#include <grove/core/detail/timer.h>
#include <grove/core/hub.h>
#include <grove/core/stream.h>
#include <grove/http/application.h>

#include "answer_rest.h"
#include "body_spool.h"
#include "client_pace.h"
#include "request_body.h"
#include "request_head.h"
#include "request_ids.h"
#include "response.h"

namespace grove {
class Semaphore;
}

namespace grove::http {

class ClientHook;
class ClientSocket;
class ClientWatch;
class RequestLimit;
struct MountTerms;
struct ServiceTerms;

class Exchange {
public:
    /// An output buffer that grew larger is not kept.
    static constexpr std::size_t kKeptOutput = 65536;

    explicit Exchange(const ServiceTerms& of_server);
    ~Exchange();
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    void retain() noexcept { ++references_; }
    void release() noexcept {
        if (--references_ == 0) delete this;
    }
    [[nodiscard]] bool shared() const noexcept { return references_ > 1; }

    /// A head was parsed into `head`, for the connection it was taken for.
    void begin();
    /// The response is over: whoever kept an Input or a Write gets exceptions from here on. The output stays.
    void end() noexcept;
    /// The same while the exchange still drops what is left of its body.
    void end_for_the_application() noexcept {
        ended_ = true;
        if (!handed_on.empty()) drop_handed_on();
    }
    [[nodiscard]] bool ended() const noexcept { return ended_ || client == nullptr; }

    /// Sends the output and then `piece`; a small one is only added to the output. May block.
    void send(std::string_view piece);
    /// send() would only add it to the output.
    [[nodiscard]] bool gathers(std::string_view piece) const noexcept;
    /// Sends the output. May block. @throws ClientLost
    void flush();

    /// The output is owed, but more may follow at once (a pipelined request): it leaves with that, or when
    /// the greenlet blocks, whichever is first.
    void owe_output() noexcept;
    /// Environ::upgrade()
    Stream& upgrade();
    /// A greenlet is blocked in send() or flush(): the output must not be touched by another one.
    [[nodiscard]] bool being_sent() const noexcept { return being_sent_; }
    /// That of a trusted proxy, else one that is made when first asked for; "" if the server gives none.
    [[nodiscard]] std::string_view request_id() noexcept;

    const ServiceTerms& terms;  // not when it is over: the server may be gone
    RequestHead head;
    Environ environ{*this};
    StartResponse start_response{*this};
    RequestBody body{*this};
    Response response{*this};
    AnswerRest rest{*this};          // of the response, as the client takes it
    ClientSocket* client = nullptr;  // nullptr: over
    ClientHook* hook = nullptr;      // of `client`
    std::uint32_t number = 0;        // among the requests of its connection, from 1
    std::string output;              // framed bytes, not sent yet
    Timer::Instant began{};
    Timer::Instant joined{};                       // the line for a slot
    std::optional<RequestLimit>* limit = nullptr;  // while the application runs; on its stack
    std::vector<std::string> stack;                // of the greenlet when its time ran out
    std::optional<Stream> upgraded;                // the connection, if the application took it
    std::size_t buffered = 0;                      // bytes that limits.buffered counts
    std::optional<BodySpool::Place> spooled;       // the first of these, if they wait in a file
    ClientPace pace;
    std::unique_ptr<ClientWatch> watch;   // while the application runs; null: nobody asks
    bool limited_by_application = false;  // by Environ::set_timeout()
    std::size_t unsent = 0;               // in the kernel's buffer, when it was looked at last
    const MountTerms* mount = nullptr;    // if that may have terms of its own: request_terms.h
    Semaphore* pool = nullptr;            // the mount's, while the request has a permit of it

    // The environ's own: what was set, and what had to be made to be viewed.
    std::deque<std::pair<std::string, std::string>> overrides;  // the last of a name wins
    std::deque<std::string> made;
    std::map<std::string, std::shared_ptr<void>, std::less<>> handed_on;  // Environ::shared()
    struct Viewed {
        std::optional<std::string_view> path_info;
        std::optional<std::string_view> remote_addr;
        std::optional<std::string_view> remote_port;
        std::optional<std::string_view> server_name;
        std::optional<std::string_view> server_port;
        std::optional<std::string_view> traceparent;
    } viewed;
    std::optional<Input> input;
    std::unique_ptr<std::ostream> errors;

private:
    friend class AnswerRest;
    class BeingSent;
    void transmit(std::string_view piece);  // behind what is owed
    void send_owed() noexcept;
    void choose_request_id() noexcept;
    void drop_handed_on() noexcept;

    std::string_view request_id_;  // of the head, or of made_id_
    RequestIds::Id made_id_;
    HubCall owed_;
    bool ended_ = false;
    bool being_sent_ = false;
    unsigned references_ = 1;
};

/// A greenlet is in the middle of reading its body or sending its answer.
inline bool is_in_use(const Exchange& exchange) noexcept {
    return exchange.body.being_read() || exchange.being_sent();
}

}  // namespace grove::http
