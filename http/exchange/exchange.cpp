#include "exchange.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include <sys/uio.h>

#include "client_peer.h"
#include "client_socket.h"
#include "client_waits.h"
#include "client_watch.h"
#include "request_limit.h"
#include "request_terms.h"
#include "service_terms.h"

namespace grove::http {
namespace {

constexpr std::size_t kGather = 16384;  // smaller pieces are copied into one send

iovec view(std::string_view bytes) noexcept {
    return {const_cast<char*>(bytes.data()), bytes.size()};
}

}  // namespace

Exchange::Exchange(const ServiceTerms& of_server) : RequestState{of_server} {}

Exchange::~Exchange() = default;

void Exchange::begin() {
    ended_ = false;
    body.begin();
    response.begin();
    Hub& hub = get_hub();  // the coarse clock is cheap, and will do for a list of what runs
    began = terms.wants_time ? hub.now() : hub.loop().tick();
    joined = began;
    pace = {};
    limited_by_application = false;
}

void Exchange::end() noexcept {
    owed_.cancel();
    client = nullptr;
    hook = nullptr;
    request_id_ = {};
    if (!overrides.empty()) overrides.clear();
    if (!made.empty()) made.clear();
    if (!handed_on.empty()) drop_handed_on();
    viewed = {};
    input.reset();
    errors.reset();
    upgraded.reset();
    rest.drop();
    leave_mount_pool(*this);
    mount = nullptr;
}

// Taken out first: a destructor of the application's may ask for more.
[[gnu::cold, gnu::noinline]] void Exchange::drop_handed_on() noexcept {
    const auto over = std::exchange(handed_on, {});
}

ClientWatch& Exchange::watch_client(Timespan abandoned) {
    own_watch_ = std::make_unique<ClientWatch>(*this, abandoned);
    watch = own_watch_.get();
    return *watch;
}

void Exchange::drop_watch() noexcept {
    watch = nullptr;
    own_watch_.reset();
}

/// While one greenlet waits for the client, the output must stay as it is.
class Exchange::BeingSent {
public:
    explicit BeingSent(Exchange& exchange) : flag_{exchange.being_sent_} {
        if (flag_) throw std::logic_error{"another greenlet is sending this response"};
        flag_ = true;
        exchange.owed_.cancel();
    }
    ~BeingSent() { flag_ = false; }
    BeingSent(const BeingSent&) = delete;
    BeingSent& operator=(const BeingSent&) = delete;

private:
    bool& flag_;
};

bool Exchange::gathers(std::string_view piece) const noexcept {
    return piece.size() < kGather && output.size() + piece.size() < kKeptOutput;
}

void Exchange::send(std::string_view piece) {
    if (gathers(piece)) {
        output += piece;
        return;
    }
    transmit(piece);
}

void Exchange::flush() {
    if (!output.empty()) transmit({});
}

// Apart: a function that has an array of its own guards its stack.
[[gnu::noinline]] void Exchange::transmit(std::string_view piece) {
    const BeingSent being_sent{*this};
    std::array<iovec, 2> pieces{view(output), view(piece)};
    ClientWaits::send(*this, std::span{pieces}.first(piece.empty() ? 1 : 2));
    output.clear();
}

Stream& Exchange::upgrade() {
    if (!head.upgrade) throw std::logic_error{"upgrade: the client did not ask for it"};
    if (!body.complete() || body.poisoned() || body.being_read())
        throw std::logic_error{"upgrade: the request's body has not been read to its end"};
    response.begin_upgrade();
    flush();
    // What the environ says of the connection it must still say when that is another's.
    (void)client->peer().trusted(terms);  // is remembered
    for (const char* key :
         {"SERVER_NAME", "SERVER_PORT", "wsgi.url_scheme", "SSL_CLIENT_VERIFY", "SSL_CLIENT_S_DN",
          "SSL_CLIENT_I_DN", "SSL_CLIENT_M_SERIAL", "SSL_CLIENT_V_END", "SSL_CLIENT_CERT"}) {
        if (const auto value = environ.get(key)) environ.set(key, std::string{*value});
    }
    if (limit != nullptr && *limit) (*limit)->cancel();
    if (watch != nullptr) watch->stop_abandoning();
    return upgraded.emplace(client->release());
}

}  // namespace grove::http
