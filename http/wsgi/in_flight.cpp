#include "in_flight.h"

namespace grove::http {

bool InFlight::join(Timespan timeout, bool of_request) {
    const Deadline deadline{timeout};
    // Requests whose handlers wait in here for the others to end cannot wait for one another.
    struct Joining {
        std::size_t& count;
        const std::size_t own;
        ~Joining() { count -= own; }
    } const joining{joining_, of_request ? std::size_t{1} : 0};
    joining_ += joining.own;
    fewer_.set();
    while (requests_ > (of_request ? joining_ : 0)) {
        fewer_.clear();
        if (!fewer_.wait(deadline.left())) return false;
    }
    return true;
}

}  // namespace grove::http
