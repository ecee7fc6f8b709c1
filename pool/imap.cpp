#include <grove/pool/imap.h>

#include <grove/core/detail/assert.h>
#include <grove/core/errors.h>
#include <grove/core/hub.h>
#include <grove/core/shield.h>

namespace grove::detail {

std::unique_ptr<Place> ImapHold::next() {
    if (!job_) return nullptr;  // moved from
    MappingJob& job = *job_;
    const JobPtr<MappingJob> kept{&job};  // whoever owns us may go while we wait
    return job.next();
}

void ImapHold::let_go() noexcept {
    if (!job_) return;
    job_->stop(MappingJob::Stop::kDropped);
    if (borrows_ && !feeder_.dead()) {
        GROVE_ASSERT(!get_hub().in_hub(),
                     "an imap over an lvalue range was destroyed in the hub, before its end");
        const Shield shield;
        try {
            feeder_.join();
        } catch (const LoopExit&) {
            get_hub().handle_error("the end of an imap, whose range blocks for ever",
                                   std::current_exception());
        }
    }
    job_ = {};
}

}  // namespace grove::detail
