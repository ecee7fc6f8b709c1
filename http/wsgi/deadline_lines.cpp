#include "deadline_lines.h"

#include <algorithm>

#include "exchange.h"
#include "mount_terms.h"
#include "service_terms.h"

namespace grove::http {

DeadlineLines::DeadlineLines(const ServiceTerms& terms, Timespan (*timeout)(const Timeouts&),
                             const Line::Expire& expire)
    : of_server_{timeout(terms.timeouts), expire} {
    if (terms.mounts == nullptr) return;
    for (const MountTerms& mount : terms.mounts->all())
        of_mounts_.push_back(std::make_unique<Line>(timeout(mount.timeouts), expire));
}

DeadlineLines::Line& DeadlineLines::line_of_mount(const Connection& connection) noexcept {
    const MountTerms* const mount = connection.exchange->mount;
    return mount != nullptr ? *of_mounts_[mount->index] : of_server_;
}

bool DeadlineLines::all_of_mounts_empty() const noexcept {
    return std::all_of(of_mounts_.begin(), of_mounts_.end(),
                       [](const auto& line) { return line->empty(); });
}

Connection& DeadlineLines::oldest_front() noexcept {
    Connection* oldest = of_server_.empty() ? nullptr : &of_server_.front();
    for (const auto& line : of_mounts_) {
        if (line->empty()) continue;
        Connection& front = line->front();
        if (oldest == nullptr || front.since < oldest->since) oldest = &front;
    }
    return *oldest;
}

}  // namespace grove::http
