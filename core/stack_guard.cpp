#include "stack_guard.h"

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <system_error>

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <grove/core/detail/standard_error.h>

namespace grove {
namespace {

constexpr int kMadvGuardInstall = 102;  // MADV_GUARD_INSTALL, missing from older headers
constexpr int kMadvPopulateWrite = 23;  // MADV_POPULATE_WRITE
constexpr int kPidfdSelf = -10001;      // PIDFD_SELF_THREAD_GROUP
constexpr std::size_t kSparse = 16;
constexpr std::uint64_t kCanary = 0x6b63'6174'7320'6f6e;

std::atomic<std::size_t> paged_stacks = 0;  // of the process, as its mappings are

bool protect(char* address, std::size_t bytes, int access) noexcept {
    return ::mprotect(address, bytes, access) == 0;
}

// What of its own memory a process may be told of many ranges at once, Linux 6.15 has.
bool advise_all(std::span<const iovec> ranges, int advice) noexcept {
    std::size_t bytes = 0;
    for (const iovec& range : ranges) bytes += range.iov_len;
    const long done =
        ::syscall(SYS_process_madvise, kPidfdSelf, ranges.data(), ranges.size(), advice, 0);
    return done >= 0 && static_cast<std::size_t>(done) == bytes;
}

}  // namespace

std::size_t StackGuards::page_bytes() noexcept {
    static const auto bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    return bytes;
}

// The first guard is the trial: old kernels refuse it, and all do where memory is locked. (To open
// a locked slab would fill it.)
bool StackGuards::open(char* slab, std::size_t bytes) const noexcept {
    return kind_ == Kind::kLightweight && ::madvise(slab, kBytes, kMadvGuardInstall) == 0 &&
           protect(slab, bytes, PROT_READ | PROT_WRITE);
}

bool StackGuards::install(char* guard, std::size_t stack_bytes, bool opened) const {
    // It is refused if memory was locked since.
    if (opened && ::madvise(guard, kBytes, kMadvGuardInstall) == 0) return true;
    const std::size_t count = ++paged_stacks;
    if (count == full_guards_ + 1) {
        write_to_standard_error(
            "grove: lightweight stack guards are not available: from now on only every 16th stack "
            "has a "
            "guard page, and the other stacks have a canary\n",
            0);
    }
    char* const stack = guard + kBytes;
    const bool sparse = count > full_guards_ && count % kSparse != 0;
    // Without a guard of its own a stack opens what lies below it too: one mapping with the last.
    char* const lowest = sparse ? guard : stack;
    if ((!sparse && !protect(guard, kBytes, PROT_NONE)) ||
        !protect(lowest, static_cast<std::size_t>(stack + stack_bytes - lowest),
                 PROT_READ | PROT_WRITE)) {
        throw std::system_error{
            errno, std::generic_category(),
            "mprotect for a greenlet stack of " + std::to_string(stack_bytes) + " bytes"};
    }
    if (sparse) std::memcpy(stack, &kCanary, sizeof kCanary);
    return !sparse;
}

bool StackGuards::install_ahead(char* guard, std::size_t stack_bytes,
                                std::span<iovec> ranges) noexcept {
    char* at = guard;
    for (iovec& range : ranges) {
        range = {at, kBytes};
        at += kBytes + stack_bytes;
    }
    if (!advise_all(ranges, kMadvGuardInstall)) return false;
    at = guard + kBytes + stack_bytes - page_bytes();
    for (iovec& range : ranges) {
        range = {at, page_bytes()};
        at += kBytes + stack_bytes;
    }
    return advise_all(ranges, kMadvPopulateWrite);
}

bool StackGuards::intact(const char* bottom) noexcept {
    return std::memcmp(bottom, &kCanary, sizeof kCanary) == 0;
}

}  // namespace grove
