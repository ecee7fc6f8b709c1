#include "kept_files.h"

namespace {

constexpr std::size_t kOverhead = 1024;  // of an entry, about

}  // namespace

const Variants* KeptFiles::find(const std::string& path, Clock::time_point now) {
    const auto found = files_.find(path);
    return found == files_.end() || found->second.until <= now ? nullptr : &found->second.variants;
}

// What is kept for long is read again anyway: when there is no room, all may go.
void KeptFiles::keep(const std::string& path, const Variants& variants, Clock::time_point now) {
    if (lifetime_ <= Clock::duration::zero()) return;
    std::size_t bytes = kOverhead + path.size();
    for (const auto& variant : variants) {
        if (!variant->bytes) return;
        bytes += variant->bytes->size();
    }
    if (bytes_ + bytes > kMostBytesInAll) {
        files_.clear();
        bytes_ = 0;
    }
    bytes_ += bytes;
    files_.insert_or_assign(path, Kept{variants, now + lifetime_});
}
