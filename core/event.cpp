#include <grove/core/event.h>

#include <utility>

namespace grove {

Event::Event() : news_{"an Event"} {}
Event::~Event() = default;

void Event::set() {
    news_.check_thread("Event::set()");
    set_ = true;
    news_.tell();
}

bool Event::wait(Timespan timeout) {
    news_.check_thread("Event::wait()");
    if (!set_) return news_.wait(timeout);
    news_.let_the_told_run();
    return true;
}

LinkId Event::rawlink(std::function<void()> link) {
    news_.check_thread("Event::rawlink()");
    return news_.rawlink(std::move(link), set_);
}

}  // namespace grove
