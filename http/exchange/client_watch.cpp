#include "client_watch.h"

#include <cerrno>
#include <new>

#include <poll.h>
#include <sys/socket.h>

#include <grove/core/hub.h>
#include <grove/http/client_gone.h>

#include "body_framing.h"
#include "client_socket.h"
#include "request_state.h"
#include "service_terms.h"

namespace grove::http {
namespace {

// What poll() tells of it without waiting; 0: nothing. Takes nothing away, neither bytes nor an error that a reader is
// to meet.
short events_of(const Socket& socket) noexcept {
    pollfd state{.fd = socket.fd(), .events = POLLRDHUP, .revents = 0};
    return ::poll(&state, 1, 0) > 0 ? state.revents : short{0};
}

bool tell_of_a_reset(short events) noexcept { return (events & (POLLERR | POLLHUP)) != 0; }

}  // namespace

ClientGone::~ClientGone() = default;

bool was_reset(const Socket& socket) noexcept { return tell_of_a_reset(events_of(socket)); }

Abandonment::Abandonment(Duration patience)
    : patience_{patience}, guard_{std::nullopt, ClientGone{}} {}

void Abandonment::begin() noexcept {
    if (begun_) return;
    begun_ = true;
    get_hub().arm_after(*this, patience_);
}

void Abandonment::cancel() noexcept {
    begun_ = true;
    get_hub().cancel(*this);
    guard_.cancel();
}

ClientWatch::ClientWatch(RequestState& request, const BodyFraming& body, Timespan abandoned)
    : request_{request}, body_{body} {
    if (abandoned) abandonment_.emplace(*abandoned);
    ClientSocket& client = *request_.client;
    client.socket().watch();
    // While an answer is being sent the client counts as broken: then its sender will tell.
    if (client.broken() && !request_.being_sent() && !request_.answer.made) tell(Gone::kBroken);
    look();
}

ClientWatch::~ClientWatch() { gone_.set(); }

void ClientWatch::look() noexcept {
    ClientSocket* const client = request_.client;
    if (client == nullptr || client->closed() || client->drained()) return;
    if (const ClientStream* const stream = client->stream())
        return stream->lost() ? tell(Gone::kBroken) : void();
    if (const auto gone = look_into_tls()) tell(*gone);
    if (const auto gone = look_at_socket()) tell(*gone);
}

// Its end is a record among others, which must be read. What it is found behind is the next request; a body is left to
// its reader, who paces its client.
std::optional<ClientWatch::Gone> ClientWatch::look_into_tls() noexcept {
    ClientSocket& client = *request_.client;
    if (client.tls_ == nullptr || !client.input().empty() || !body_.complete()) return std::nullopt;
    try {
        const Socket::Outcome got = client.try_receive();
        if (got > 0 || got == -EAGAIN) return std::nullopt;
        return got == 0 ? Gone::kFinished : Gone::kBroken;
    } catch (const std::bad_alloc&) {  // looked at again when something more comes
        return std::nullopt;
    }
}

std::optional<ClientWatch::Gone> ClientWatch::look_at_socket() noexcept {
    ClientSocket& client = *request_.client;
    const short events = events_of(client.socket());
    if (events == 0) return std::nullopt;
    if (tell_of_a_reset(events)) return Gone::kBroken;
    char next;  // over TLS the end is told by a record: what is there is not read yet
    const bool finished = client.tls_ == nullptr && client.input().empty() &&
                          ::recv(client.socket().fd(), &next, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
    return finished ? std::optional{Gone::kFinished} : std::nullopt;
}

void ClientWatch::tell(Gone how) noexcept {
    if (!gone_.is_set()) gone_.set();
    if (abandonment_ && (how == Gone::kBroken || request_.terms.abandoned_on_fin))
        abandonment_->begin();
}

void ClientWatch::stop_abandoning() noexcept {
    if (abandonment_) abandonment_->cancel();
}

}  // namespace grove::http
