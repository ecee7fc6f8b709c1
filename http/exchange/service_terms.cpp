#include "service_terms.h"

#include <exception>

#include <sys/socket.h>

#include <grove/core/hub.h>

namespace grove::http {

bool ServiceTerms::is_trusted(const Address& peer, int fd) const noexcept {
    const bool has_host = peer.family() == AF_INET || peer.family() == AF_INET6;
    return has_host ? trusted.holds(peer.host())
                    : trusted.holds_unix() && Address::local_of(fd).is_unix();
}

void ServiceTerms::log(LogLevel level, std::string_view line) const noexcept {
    try {
        if (error_log) {
            error_log(level, line);
        } else if (level >= LogLevel::kInfo) {
            get_hub().handle_error(std::string{line}, nullptr);
        }
    } catch (...) {
        get_hub().handle_error("the error log", std::current_exception());
    }
}

}  // namespace grove::http
