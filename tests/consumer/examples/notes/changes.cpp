#include "changes.h"

#include <chrono>
#include <exception>
#include <memory>

#include <grove/pool.h>
#include <grove/postgres.h>

using namespace std::chrono_literals;

void Changes::listen(const std::string& database) {
    for (;; grove::sleep(1s)) {
        try {
            hear(database);
        } catch (const grove::Timeout&) {
            grove::http::log(grove::http::LogLevel::kWarn, "notes: the database does not answer");
        } catch (const std::exception& error) {
            grove::http::log(grove::http::LogLevel::kWarn, error.what());
        }
    }
}

void Changes::hear(const std::string& database) {
    auto connection = grove::postgres::Connection::open(database, 10s);
    auto& heard = connection.listen("notes");
    for (const auto& [user, changed] : followers_) changed->set();  // what was missed meanwhile
    for (const auto& notification : heard) {
        const auto [first, last] = followers_.equal_range(notification.payload);
        for (auto follower = first; follower != last; ++follower) follower->second->set();
    }
}

void Changes::follow(const std::string& user, grove::http::EventStream stream) {
    grove::Event changed;
    changed.set();
    const auto place = followers_.emplace(user, &changed);
    const std::shared_ptr<void> leaves{nullptr, [&](void*) { followers_.erase(place); }};
    grove::GroupScope beside;
    beside.spawn([&] {
        do {  // a client that reads slowly gets one event for many changes
            changed.wait();
            changed.clear();
        } while (stream.send({.data = "changed"}));
    });
    stream.wait();  // until the client has gone, or the server stops
    beside.kill();
}
