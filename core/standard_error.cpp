#include "standard_error.h"

#include <climits>

#include <poll.h>
#include <unistd.h>

namespace grove {

void write_to_standard_error(std::string_view text, int milliseconds) noexcept {
    while (!text.empty()) {
        pollfd room{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
        // Without a reader there is an error in place of room: writing would only raise SIGPIPE.
        if (::poll(&room, 1, milliseconds) != 1 || room.revents != POLLOUT) return;
        const auto written = ::write(STDERR_FILENO, text.data(), text.substr(0, PIPE_BUF).size());
        if (written <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

}  // namespace grove
