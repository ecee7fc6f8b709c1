#include "kept_record.h"

#include <array>
#include <string_view>

#include <grove/core/hub.h>

#include "service_log.h"

namespace grove::http {

KeptRecord::KeptRecord(ServiceLog& log, const AccessRecord& record, Timer::Instant began)
    : log_{log}, record_{record}, began_{began} {
    const std::array texts{&record_.remote_addr, &record_.request_line, &record_.method,
                           &record_.target,      &record_.protocol,     &record_.referer,
                           &record_.agent,       &record_.request_id,   &record_.trace};
    std::size_t bytes = 0;
    for (const std::string_view* text : texts) bytes += text->size();
    texts_.reserve(bytes);  // so that no view moves
    for (std::string_view* text : texts) {
        const std::size_t at = texts_.size();
        texts_.append(*text);
        *text = std::string_view{texts_}.substr(at);
    }
}

void KeptRecord::write(std::uint64_t bytes) noexcept {
    record_.bytes = bytes;
    record_.duration = get_hub().now() - began_;
    log_.write_record(record_);
}

}  // namespace grove::http
