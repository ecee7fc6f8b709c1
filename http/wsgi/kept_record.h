// kept_record.h - the access line of a request whose exchange is over before it: of a WebSocket without a greenlet.
#pragma once

#include <cstdint>
#include <string>

#include <grove/core/detail/timer.h>
#include <grove/http/access_log.h>

namespace grove::http {

class ServiceLog;

/// A record with its own copy of the texts.
class KeptRecord {
public:
    /// @param log  must outlive it. @param began  when the request did
    KeptRecord(ServiceLog& log, const AccessRecord& record, Timer::Instant began);
    KeptRecord(const KeptRecord&) = delete;
    KeptRecord& operator=(const KeptRecord&) = delete;

    /// The request is over, having sent so many bytes.
    void write(std::uint64_t bytes) noexcept;

private:
    ServiceLog& log_;
    AccessRecord record_;
    std::string texts_;
    Timer::Instant began_;
};

}  // namespace grove::http
