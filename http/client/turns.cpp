#include "turns.h"

#include <grove/core/errors.h>
#include <grove/core/greenlet.h>
#include <grove/core/hub.h>

namespace grove::http {
namespace {

constexpr int kStepsInARow = 32;

}  // namespace

void Turns::step(const Deadline& limit) {
    const std::uint64_t polls = get_hub().polls();
    in_a_row_ = polls == polls_ ? in_a_row_ + 1 : 1;
    polls_ = polls;
    if (in_a_row_ > kStepsInARow) {
        in_a_row_ = 1;
        sleep();
        polls_ = get_hub().polls();
    }
    if (limit.passed()) throw SocketTimeout{"a step of it"};
}

}  // namespace grove::http
