#include "event_channel.h"

#include <algorithm>
#include <chrono>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <random>
#include <string>
#include <system_error>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <grove/core/errors.h>
#include <grove/core/hub.h>
#include <grove/core/timeout.h>
#include <grove/http/stopping.h>

#include "client_end.h"
#include "event_text.h"
#include "request_terms.h"
#include "served_request.h"

namespace grove::http {
namespace {

// From the stop on: a client that takes nothing must not hold it.
constexpr Duration kTimeForLastWord = std::chrono::milliseconds{500};
constexpr Duration kTimeToEnd = std::chrono::seconds{1};

// So that not all clients come back at once.
Duration time_until_retry() {
    constexpr unsigned kLeast = 1000;
    constexpr unsigned kMost = 5000;
    std::random_device random;
    return std::chrono::milliseconds{
        std::uniform_int_distribution<unsigned>{kLeast, kMost}(random)};
}

// A client that the network has lost without a word has gone for the kernel, too, once it has taken nothing for
// timeouts.write, though there is room to write more.
void bound_silence(ServedRequest& request) noexcept {
    const Timespan timeout = timeouts_of(request).write;
    if (!timeout) return;
    const auto wanted = std::chrono::ceil<std::chrono::milliseconds>(*timeout).count();
    const auto time = static_cast<unsigned>(std::min<std::int64_t>(wanted, INT_MAX));
    // Not of a unix socket, whose peer is no network's to lose.
    static_cast<void>(::setsockopt(request.client->socket().fd(), IPPROTO_TCP, TCP_USER_TIMEOUT,
                                   &time, sizeof time));
}

}  // namespace

EventChannel::EventChannel(ServedRequest& request, Write write, Duration keep_alive)
    : request_{request}, write_{std::move(write)}, server_{getcurrent()}, keep_alive_{keep_alive} {
    request_.retain();
}

EventChannel::~EventChannel() {
    close();
    request_.release();
}

void EventChannel::close() noexcept {
    state_ = State::kClosed;
    get_hub().cancel(*this);
    stopping().unlink(std::exchange(stop_link_, 0));
    if (!over_.is_set()) over_.set();
}

void EventChannel::open(Event& disconnected) {
    bound_silence(request_);
    send(kEventComment);
    const auto when = [this](void (EventChannel::*told)()) {
        return [weak = weak_from_this(), told] {
            if (const auto channel = weak.lock()) (*channel.*told)();
        };
    };
    disconnected.rawlink(when(&EventChannel::end));
    stop_link_ = stopping().rawlink(when(&EventChannel::stop));
    if (!over_.is_set()) get_hub().arm_after(*this, keep_alive_);
}

bool EventChannel::answer_is_over() const noexcept {
    return request_.ended() || request_.response.complete();
}

// What was written before has not reached the client yet: a comment might have to wait. Of little, the client's kernel
// may only be late to tell.
bool EventChannel::is_under_way() const noexcept {
    constexpr std::size_t kLittle = 4096;
    return turn_.locked() || (!request_.ended() && request_.client->unsent() > kLittle);
}

// @pre the caller has the turn
void EventChannel::write(std::string_view text) {
    if (answer_is_over()) return close();
    try {
        write_(text);
    } catch (const std::system_error&) {  // it was reset, or took nothing for timeouts.write
        end();
    }
    wrote_ = get_hub().now();
}

bool EventChannel::send(std::string_view text) {
    {
        const SemaphorePermit turn{turn_};
        if (state_ == State::kOpen) write(text);
    }
    return goes_on();
}

bool EventChannel::wait(Timespan timeout) {
    over_.wait(timeout);
    return goes_on();
}

// The last word must leave before the application ends the answer.
bool EventChannel::goes_on() {
    if (state_ == State::kStopping) over_.wait();
    if (!over_.is_set()) return true;
    if (getcurrent() == server_) told_ = true;
    return false;
}

// The client has gone, or the last word is said.
void EventChannel::end() noexcept {
    if (over_.is_set()) return;
    if (state_ == State::kOpen) get_hub().cancel(*this);
    over_.set();
}

// In the hub, as the two below.
void EventChannel::stop() {
    if (state_ != State::kOpen) return;
    state_ = State::kStopping;
    // The client comes back by itself, on a connection of its own: nobody waits for a request on this one.
    if (!answer_is_over()) request_.response.close_after();
    get_hub().cancel(*this);
    get_hub().arm_after(*this, kTimeToEnd);
    if (!over_.is_set()) spawn([channel = shared_from_this()] { channel->say_last_word(); });
}

void EventChannel::expired() noexcept {
    try {
        if (state_ == State::kOpen) keep_alive();
        if (state_ == State::kStopping && !told_) server_.kill(GreenletExit{}, false);
    } catch (const std::exception&) {  // no memory: the next comment, or timeouts.shutdown, comes
    }
}

void EventChannel::keep_alive() {
    const Duration quiet = get_hub().now() - wrote_;
    get_hub().arm_after(*this, quiet < keep_alive_ ? keep_alive_ - quiet : keep_alive_);
    if (quiet < keep_alive_ || is_under_way()) return;
    spawn([channel = shared_from_this()] { channel->comment(); });
}

// These two in greenlets of their own.
void EventChannel::comment() {
    const SemaphorePermit turn{turn_};
    if (state_ == State::kOpen) write(kEventComment);
}

void EventChannel::say_last_word() {
    struct Over {
        EventChannel& channel;
        ~Over() { channel.end(); }
    } const over{*this};
    const bool said = try_for(kTimeForLastWord, [this] {
        const SemaphorePermit turn{turn_};
        if (state_ == State::kStopping) write(last_word(time_until_retry()));
    });
    if (said || request_.ended()) return;
    // In the midst of an event: whoever sends that must not hold the stop either.
    request_.answer.give_up();
    ClientEnd{*request_.client}.cut_off();
    turn_.wait(kTimeForLastWord);
}

}  // namespace grove::http
