// What a master does when a worker asks for another one in its place: the other starts beside it, and takes the place
// once it can serve. One at a time, so that no more than one worker is there twice. A reload replaces all of them
// anyway: while it goes on, none is begun.
#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "log_text.h"
#include "master.h"

namespace grove::http {
namespace {

using namespace std::chrono_literals;

constexpr auto kUntilNextTry = 5s;

std::string name_of(const WorkerProcess& worker) {
    return "worker " + std::to_string(worker.pid());
}

}  // namespace

void Master::hand_over() {
    if (stopping_) return;
    if (hand_over_ && hand_over_->successor != nullptr) {
        if (hand_over_->successor->ready()) finish_hand_over();
        return;
    }
    if (load_ || next_ || !served_) return;
    WorkerProcess* const asks = hand_over_ ? crew_.workers[hand_over_->index].get() : nullptr;
    // It has gone by itself, and another one has its place or will.
    if (asks == nullptr || !asks->asks_for_another()) begin_hand_over();
    if (!hand_over_ || hand_over_->when > Clock::now()) return;
    start_successor(*crew_.workers[hand_over_->index]);
}

// Of the next that has asked, if any has.
void Master::begin_hand_over() {
    hand_over_.reset();
    const auto asks =
        std::find_if(crew_.workers.begin(), crew_.workers.end(), [](const OwnedWorker& worker) {
            return worker != nullptr && worker->ready() && worker->asks_for_another();
        });
    if (asks == crew_.workers.end()) return;
    const Clock::duration delay = next_delay(**asks);
    hand_over_.emplace(HandOver{.index = (*asks)->index(), .when = Clock::now() + delay});
    log(LogLevel::kInfo,
        name_of(**asks) + " asks to be replaced: " + escaped(*(*asks)->asks_for_another()));
}

void Master::start_successor(WorkerProcess& asks) {
    const Clock::time_point now = Clock::now();
    try {
        hand_over_->successor = start_worker(crew_, asks.index());
        hand_over_->successor->be_ready_by(
            TimeLimit{.began = now, .time = crew_.generation.load}.due());
    } catch (const std::exception& error) {
        hand_over_->when = now + kUntilNextTry;
        log(LogLevel::kError, std::string{"no worker can be started: "} + error.what() + "; " +
                                  name_of(asks) + " goes on, and grove tries again in 5.0 s");
    }
}

void Master::finish_hand_over() {
    OwnedWorker& place = crew_.workers[hand_over_->index];
    log(LogLevel::kInfo, name_of(*hand_over_->successor) + " takes the place of " +
                             name_of(*place) + ", which finishes what is open");
    place->tell(Worker::Command::kRetire);
    place->end_by(crew_.last_moment());
    retired_.push_back(std::move(place));
    place = std::move(hand_over_->successor);
    hand_over_.reset();
}

// The one that asked goes on.
void Master::successor_ended(const std::string& end) {
    hand_over_->successor.reset();
    hand_over_->when = Clock::now() + kUntilNextTry;
    log(LogLevel::kError, end + " before it could serve; the worker that asked to be replaced " +
                              "goes on, and grove tries again in 5.0 s");
}

// Whose worker has ended, or was told to: who was to take it has it at once.
void Master::take_empty_place(std::size_t index) {
    if (!hand_over_ || hand_over_->index != index) return;
    crew_.workers[index] = std::move(hand_over_->successor);
    hand_over_.reset();
}

// New workers have taken over; a successor that is not ready has served nobody.
void Master::drop_hand_over() {
    if (hand_over_ && hand_over_->successor != nullptr) drop(std::move(hand_over_->successor));
    hand_over_.reset();
}

// The end has begun: nobody is replaced any more, and the successor ends with the others.
void Master::keep_successor() {
    if (hand_over_ && hand_over_->successor != nullptr)
        crew_.workers.push_back(std::move(hand_over_->successor));
    hand_over_.reset();  // its time has come already: turn() would not wait
}

}  // namespace grove::http
