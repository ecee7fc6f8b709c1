#include "stack_guard.h"

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <system_error>

#include <sys/mman.h>
#include <unistd.h>

#include "error_report.h"

namespace grove {
namespace {

constexpr int kMadvGuardInstall = 102;  // MADV_GUARD_INSTALL, missing from older headers
constexpr std::size_t kSparse = 16;
constexpr std::uint64_t kCanary = 0x6b63'6174'7320'6f6e;

std::atomic<std::size_t> paged_stacks = 0;  // of the process, as its mappings are

}  // namespace

std::size_t StackGuards::page_bytes() noexcept {
    static const auto bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    return bytes;
}

StackGuards::Kind StackGuards::best() noexcept {
    static const bool lightweight = [] {
        void* probe = ::mmap(nullptr, page_bytes(), PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (probe == MAP_FAILED) return false;
        const bool works = ::madvise(probe, page_bytes(), kMadvGuardInstall) == 0;
        ::munmap(probe, page_bytes());
        return works;
    }();
    return lightweight ? Kind::kLightweight : Kind::kPages;
}

bool StackGuards::install(char* page, std::size_t stack_bytes) {
    if (kind_ == Kind::kLightweight && ::madvise(page, page_bytes(), kMadvGuardInstall) == 0)
        return true;
    const std::size_t count = ++paged_stacks;
    if (count == full_guards_ + 1) {
        report_error(
            "this kernel has no lightweight guards: from here on only every 16th stack "
            "has a guard page, the others a canary",
            nullptr);
    }
    if (count > full_guards_ && count % kSparse != 0) {
        std::memcpy(page + page_bytes(), &kCanary, sizeof kCanary);
        return false;
    }
    if (::mprotect(page, page_bytes(), PROT_NONE) == 0) return true;
    throw std::system_error{errno, std::generic_category(),
                            "mprotect of the guard page of a greenlet stack of " +
                                std::to_string(stack_bytes) + " bytes"};
}

bool StackGuards::intact(const char* bottom) noexcept {
    return std::memcmp(bottom, &kCanary, sizeof kCanary) == 0;
}

}  // namespace grove
