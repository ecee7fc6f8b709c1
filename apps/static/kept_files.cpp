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
    forget(path);
    if (bytes_ + bytes > kMostBytesInAll) forget_all();
    files_.emplace(path, Kept{variants, now + lifetime_, bytes});
    bytes_ += bytes;
}

void KeptFiles::forget(const std::string& path) {
    const auto found = files_.find(path);
    if (found == files_.end()) return;
    bytes_ -= found->second.bytes;
    files_.erase(found);
}

void KeptFiles::forget_all() noexcept {
    files_.clear();
    bytes_ = 0;
}
