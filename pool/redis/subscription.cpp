#include <grove/redis/subscription.h>

#include <utility>

#include <grove/core/errors.h>
#include <grove/core/queue.h>

#include "session.h"

namespace grove::redis {

struct Subscription::Parts {
    static constexpr std::size_t kMostWaiting = 10'000;
    struct Inbox : Queue<Message> {
        int confirmations = 0;  // of channels, that are awaited
        Inbox() : Queue{kMostWaiting} {}
    };

    std::shared_ptr<Inbox> inbox = std::make_shared<Inbox>();  // the reader's too
    std::shared_ptr<Session> session{};

    // The reader's greenlet waits here while nobody takes what came.
    static bool take_message(Inbox& inbox, const Reply& reply) {
        if (reply.type() != Reply::Type::kList || reply.list().size() != 3) return false;
        const std::vector<Reply>& parts = reply.list();
        if (parts[0].type() != Reply::Type::kText || parts[0].text() != "message") return false;
        inbox.put({parts[1].text(), parts[2].text()});
        return true;
    }

    // The confirmation stands behind the messages: all of them are kept until it comes, as its
    // caller may be the only one who would take some.
    void change(const char* command, std::string channel, Timespan timeout) const {
        struct Awaited {
            std::shared_ptr<Inbox> inbox;  // outlives a Subscription that is destroyed meanwhile
            explicit Awaited(std::shared_ptr<Inbox> whose) : inbox{std::move(whose)} {
                if (inbox->confirmations++ == 0) inbox->set_maxsize({});
            }
            ~Awaited() {
                if (--inbox->confirmations == 0) inbox->set_maxsize(kMostWaiting);
            }
        } const awaited{inbox};
        session->command({command, std::move(channel)}, timeout);
    }

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
        [inbox = parts->inbox](const Reply& reply) { return Parts::take_message(*inbox, reply); },
        [inbox = parts->inbox] { inbox->shutdown(); });
    for (std::string& channel : channels)
        parts->change("SUBSCRIBE", std::move(channel), deadline.left());
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
    parts_->change("SUBSCRIBE", std::move(channel), {});
}
void Subscription::unsubscribe(std::string channel) {
    parts_->change("UNSUBSCRIBE", std::move(channel), {});
}

}  // namespace grove::redis
