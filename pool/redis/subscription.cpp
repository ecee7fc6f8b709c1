#include <grove/redis/subscription.h>

#include <utility>

#include <grove/core/errors.h>
#include <grove/core/queue.h>

#include "session.h"

namespace grove::redis {
namespace {

constexpr std::size_t kMostWaiting = 10'000;

using Inbox = Queue<Message>;

// The reader's greenlet waits here while nobody takes what came.
bool take_message(Inbox& inbox, const Reply& reply) {
    if (reply.type() != Reply::Type::kList || reply.list().size() != 3) return false;
    const std::vector<Reply>& parts = reply.list();
    if (parts[0].type() != Reply::Type::kText || parts[0].text() != "message") return false;
    inbox.put({parts[1].text(), parts[2].text()});
    return true;
}

}  // namespace

struct Subscription::Parts {
    std::shared_ptr<Inbox> inbox = std::make_shared<Inbox>(kMostWaiting);  // the reader's too
    std::shared_ptr<Session> session{};

    ~Parts() {
        if (session == nullptr) return;
        inbox->shutdown(true);  // a reader that waits for room goes on, and finds it closed
        session->close();
    }
};

Subscription Subscription::open(const std::string& url, std::vector<std::string> channels,
                                Timespan timeout) {
    const Deadline deadline{timeout};
    auto parts = std::make_unique<Parts>();
    parts->session = Session::open(parse_redis_url(url), timeout);
    parts->session->tell(
        [inbox = parts->inbox](const Reply& reply) { return take_message(*inbox, reply); },
        [inbox = parts->inbox] { inbox->shutdown(); });
    for (std::string& channel : channels)
        parts->session->command({"SUBSCRIBE", std::move(channel)}, deadline.left());
    return Subscription{std::move(parts)};
}

Subscription::Subscription(std::unique_ptr<Parts> parts) noexcept : parts_{std::move(parts)} {}
Subscription::Subscription(Subscription&&) noexcept = default;
Subscription& Subscription::operator=(Subscription&&) noexcept = default;
Subscription::~Subscription() = default;

Message Subscription::next(Timespan timeout) {
    try {
        return parts_->inbox->get(true, timeout);
    } catch (const Empty&) {
        throw Timeout{0, *timeout};
    } catch (const ShutDown&) {
        throw RedisError{"the subscription's connection to Redis is closed", false};
    }
}

void Subscription::subscribe(std::string channel) {
    parts_->session->command({"SUBSCRIBE", std::move(channel)}, {});
}
void Subscription::unsubscribe(std::string channel) {
    parts_->session->command({"UNSUBSCRIBE", std::move(channel)}, {});
}

}  // namespace grove::redis
