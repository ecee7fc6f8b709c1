// What NOTIFY sends: collected with the answers to statements, and between them by a greenlet.
#include <system_error>

#include <grove/core/greenlet.h>

#include "session.h"

namespace grove::postgres {
namespace {

constexpr std::size_t kMostKept = 10'000;

std::string quoted(const std::string& name) {
    std::string text = "\"";
    for (const char c : name) {
        if (c == '"') text += '"';
        text += c;
    }
    return text + '"';
}

}  // namespace

Queue<Notification>& Connection::Session::listen(const std::string& channel) {
    if (!notifications_) notifications_.emplace();
    run("LISTEN " + quoted(channel));
    if (!listening_) {
        listening_.emplace(PQsocket(get()));
        spawn([self = shared_from_this()] { self->read_notifications(); });
    }
    return *notifications_;
}

void Connection::Session::read_notifications() {
    while (connection_ != nullptr) {
        try {
            unused_.wait();
            if (connection_ == nullptr) return;
            listening_->wait(Ready::kRead);
        } catch (const std::system_error&) {  // it was closed meanwhile
            return;
        }
        if (connection_ == nullptr) return;
        if (busy_) continue;  // whoever uses it reads
        if (PQconsumeInput(get()) == 0) return close();
        take_notifications();
    }
}

void Connection::Session::take_notifications() {
    if (!notifications_) return;
    using NotifyPtr = std::unique_ptr<PGnotify, FreedBy<PQfreemem>>;
    while (const NotifyPtr told{PQnotifies(get())}) {
        if (notifications_->qsize() >= kMostKept) notifications_->get(false);
        notifications_->put({told->relname, told->extra, told->be_pid}, false);
    }
}

}  // namespace grove::postgres
