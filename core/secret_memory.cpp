#include <grove/core/detail/secret_memory.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>

#include <sys/mman.h>

#include <openssl/crypto.h>

#include "sanitizer.h"

namespace grove {
namespace {

constexpr std::size_t kReserved = std::size_t{64} << 20U;
constexpr std::size_t kStep = std::size_t{256} << 10U;
constexpr std::size_t kLargestPooled = std::size_t{64} << 10U;
constexpr std::size_t kBefore = alignof(std::max_align_t);  // a block's size stands before it

/// One range of addresses, given out from its begin to its end. What comes back is lost: the pools above it keep theirs.
class Range final : public std::pmr::memory_resource {
public:
    Range() : begin_{static_cast<std::byte*>(reserve())}, next_{begin_}, usable_{begin_} {}

    [[nodiscard]] bool has(const void* address) const noexcept {
        const auto at = reinterpret_cast<std::uintptr_t>(address);
        const auto begin = reinterpret_cast<std::uintptr_t>(begin_);
        return at >= begin && at - begin < kReserved;
    }

private:
    static void* reserve() {
        void* const range =
            ::mmap(nullptr, kReserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (range == MAP_FAILED || ::madvise(range, kReserved, MADV_DONTDUMP) != 0)
            throw std::bad_alloc{};
#if defined(GROVE_ASAN)
        ::__lsan_register_root_region(range, kReserved);
#endif
        return range;
    }

    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        const std::lock_guard lock{mutex_};
        const auto at = reinterpret_cast<std::uintptr_t>(next_);
        const std::size_t gap = (alignment - at % alignment) % alignment;
        const auto left = static_cast<std::size_t>(begin_ + kReserved - next_);
        if (gap > left || bytes > left - gap) throw std::bad_alloc{};
        std::byte* const end = next_ + gap + bytes;
        if (end > usable_) {
            const auto wanted = static_cast<std::size_t>(end - usable_);
            const std::size_t more = (wanted + kStep - 1) / kStep * kStep;
            if (::mprotect(usable_, more, PROT_READ | PROT_WRITE) != 0) throw std::bad_alloc{};
            usable_ += more;
        }
        next_ = end;
        return end - bytes;
    }
    void do_deallocate(void*, std::size_t, std::size_t) override {}
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }

    std::mutex mutex_;
    std::byte* const begin_;
    std::byte* next_;
    std::byte* usable_;  // up to here it can be read and written
};

struct Memory {
    Range range;
    std::pmr::synchronized_pool_resource pools{
        {.max_blocks_per_chunk = 64, .largest_required_pool_block = kLargestPooled}, &range};
};

Memory& memory() {
    static Memory& one = *new Memory;  // never destroyed: OpenSSL ends after all else
    return one;
}

thread_local int scopes = 0;

std::byte* block_of(void* address) { return static_cast<std::byte*>(address) - kBefore; }

std::size_t size_of(void* address) {
    std::size_t bytes = 0;
    std::memcpy(&bytes, block_of(address), sizeof bytes);
    return bytes;
}

void* allocate_secret(std::size_t bytes) noexcept {
    try {
        auto* const block =
            static_cast<std::byte*>(memory().pools.allocate(bytes + kBefore, kBefore));
        std::memcpy(block, &bytes, sizeof bytes);
        return block + kBefore;
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

void free_secret(void* address) noexcept {
    const std::size_t bytes = size_of(address);
    ::OPENSSL_cleanse(address, bytes);
    memory().pools.deallocate(block_of(address), bytes + kBefore, kBefore);
}

// As OpenSSL calls them. OPENSSL_malloc(0) does not come here.
void* openssl_malloc(std::size_t bytes, const char*, int) {
    return scopes == 0 ? std::malloc(bytes) : allocate_secret(bytes);
}

void openssl_free(void* address, const char*, int) {
    if (address != nullptr && memory().range.has(address)) {
        free_secret(address);
    } else {
        std::free(address);
    }
}

// What is secret stays so; what is not was allocated outside of a scope.
void* openssl_realloc(void* address, std::size_t bytes, const char*, int) {
    if (address == nullptr) return openssl_malloc(bytes, nullptr, 0);
    if (!memory().range.has(address)) return std::realloc(address, bytes);
    if (bytes == 0) {
        free_secret(address);
        return nullptr;
    }
    void* const larger = allocate_secret(bytes);
    if (larger == nullptr) return nullptr;
    std::memcpy(larger, address, std::min(bytes, size_of(address)));
    free_secret(address);
    return larger;
}

}  // namespace

std::pmr::memory_resource& secret_memory() { return memory().pools; }

bool keep_openssl_secrets() noexcept {
    try {
        memory();
    } catch (const std::bad_alloc&) {
        return false;
    }
    return ::CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) == 1;
}

SecretScope::SecretScope() noexcept { ++scopes; }
SecretScope::~SecretScope() { --scopes; }

}  // namespace grove
