#include "fair_share.h"

#include <cerrno>
#include <system_error>

#include <sys/mman.h>

namespace {

using Count = std::atomic<std::size_t>;
static_assert(Count::is_always_lock_free);  // else processes could not share it

}  // namespace

FairShare::FairShare(std::size_t workers) : workers_{workers} {
    // Zeros, which is what the counts are to begin with.
    void* const memory = ::mmap(nullptr, workers * sizeof(Count), PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        throw std::system_error{errno, std::generic_category(),
                                "cannot map shared memory for the workers"};
    }
    counts_ = static_cast<Count*>(memory);
}

FairShare::~FairShare() { ::munmap(counts_, workers_ * sizeof(Count)); }

bool FairShare::exceeded(std::size_t index, std::size_t connections) noexcept {
    counts_[index].store(connections, std::memory_order_relaxed);
    std::size_t all = 0;
    for (std::size_t i = 0; i < workers_; ++i) all += counts_[i].load(std::memory_order_relaxed);
    const std::size_t share = all / workers_;
    return connections > share + 1 + share / 8;
}
