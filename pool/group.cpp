#include <grove/pool/group.h>

#include <climits>
#include <stdexcept>
#include <string>

#include <grove/core/hub.h>
#include <grove/core/shield.h>

namespace grove {

GreenletClass::~GreenletClass() = default;

void GreenletClass::run(const AnyGreenlet& /*self*/, const std::function<void()>& body) const {
    body();
}

void detail::run_in_class(const GreenletClass& greenlet_class, const AnyGreenlet& self,
                          const std::function<void()>& body) {
    bool called = false;
    bool finished = false;
    greenlet_class.run(self, [&] {
        if (std::exchange(called, true))
            throw std::logic_error{"GreenletClass::run() called a greenlet's function twice"};
        body();
        finished = true;
    });
    if (!finished) throw GreenletExit{};
}

namespace {

// Apart: a function that has a string of its own guards its stack.
[[noreturn, gnu::cold, gnu::noinline]] void refuse_thread(const char* call) {
    throw std::logic_error{std::string{call} + " was called from a thread other than the group's"};
}

[[noreturn, gnu::cold, gnu::noinline]] void refuse_null(const char* call) {
    throw std::invalid_argument{std::string{call} + " was given a null greenlet handle"};
}

}  // namespace

Group::Group() : hub_{get_hub()} {}

Group::Group(const std::vector<AnyGreenlet>& greenlets) : Group{} {
    for (const AnyGreenlet& greenlet : greenlets) track(greenlet);
}

Group::~Group() = default;

void Group::check_thread(const char* call) const {
    if (&get_hub() != &hub_) refuse_thread(call);
}

void Group::check(const AnyGreenlet& greenlet, const char* call) const {
    check_thread(call);
    if (!greenlet.valid()) refuse_null(call);
}

void Group::set_greenlet_class(std::shared_ptr<const GreenletClass> greenlet_class) noexcept {
    greenlet_class_ = std::move(greenlet_class);
}

void Group::track(const AnyGreenlet& greenlet) {
    check(greenlet, "Group::add()");
    if (!contains(greenlet)) track(greenlet, detail::Slot{}, 0);
}

void Group::add(AnyGreenlet greenlet) { track(greenlet); }

void Group::discard(const AnyGreenlet& greenlet) {
    check_thread("Group::discard()");
    if (detail::Membership* member = members_.find(greenlet)) members_.remove(*member);
}

void Group::start(AnyGreenlet greenlet) {
    add(greenlet);
    greenlet.start();
}

bool Group::join(Timespan timeout, bool raise_error) {
    check_thread("Group::join()");
    if (!raise_error) return members_.wait_empty(timeout);
    std::vector<AnyGreenlet> present = members_.snapshot();
    // Those that have ended already, and leave in the next round, are not seen.
    std::erase_if(present, [](const AnyGreenlet& greenlet) { return greenlet.dead(); });
    const bool was_empty = members_.wait_empty(timeout);
    for (const AnyGreenlet& greenlet : present) {
        if (greenlet.exception() != nullptr) std::rethrow_exception(greenlet.exception());
    }
    return was_empty;
}

void Group::kill_all(std::exception_ptr exception, bool block, Timespan timeout) {
    check_thread("Group::kill()");
    if (exception == nullptr)
        throw std::invalid_argument{"Group::kill(): the exception_ptr is null"};
    const Deadline deadline{block ? timeout : std::nullopt};
    const std::uint64_t kill = ++kills_;
    for (;;) {
        jobs_.stop_all();
        if (!shoot_all(exception, kill) || !block) return;
        if (!members_.wait_present_gone(kill, deadline.left()) || deadline.passed()) return;
    }
}

// Over a snapshot: those that never ran die here and now, and what dies with them may change the
// group.
bool Group::shoot_all(const std::exception_ptr& exception, std::uint64_t kill) {
    bool any = false;
    for (const AnyGreenlet& greenlet : members_.snapshot()) {
        detail::Membership* member = members_.find(greenlet);
        if (member == nullptr || detail::MemberList::spared(*member, kill)) continue;
        any = true;
        if (detail::MemberList::mark_dying(*member)) greenlet.kill(exception, false);
    }
    return any;
}

void Group::kill_one(const AnyGreenlet& greenlet, std::exception_ptr exception, bool block,
                     Timespan timeout) {
    check_thread("Group::killone()");
    if (exception == nullptr)
        throw std::invalid_argument{"Group::killone(): the exception_ptr is null"};
    detail::Membership* member = members_.find(greenlet);
    if (member == nullptr || !detail::MemberList::mark_dying(*member)) return;
    const AnyGreenlet kept = greenlet;  // `greenlet` may be the handle in the membership
    kept.kill(std::move(exception), block, timeout);
}

void Group::launch(NewTask task, detail::Slot slot) {
    track(task.greenlet, std::move(slot), 0);
    task.task->launched();
    task.greenlet.start();
}

void Group::wait_or_kill(const AnyGreenlet& task) {
    std::exception_ptr interruption;
    try {
        task.join();
        return;
    } catch (...) {  // rethrown below, once the task has ended
        interruption = std::current_exception();
    }
    {
        const Shield shield;
        task.kill();
    }
    std::rethrow_exception(interruption);
}

bool Group::full() const { return false; }

std::size_t Group::wait_available(Timespan /*timeout*/) { return INT_MAX; }

}  // namespace grove
