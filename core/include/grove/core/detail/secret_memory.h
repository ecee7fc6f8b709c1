// secret_memory.h - memory for keys, which no core has: neither of this process nor of those that it forks.
#pragma once

#include <memory_resource>

#include <grove/core/detail/export.h>

namespace grove {

/// It is of a fixed size, 64 MiB of addresses, taken page by page. What is freed in it is overwritten by who frees it,
/// or not at all. Any thread.
GROVE_EXPORT std::pmr::memory_resource& secret_memory();

/// To be called by a program before anything of OpenSSL is used in it: from then on SecretScope holds.
/// @return false: OpenSSL has memory already
GROVE_EXPORT bool keep_openssl_secrets() noexcept;

/// While it lives, what OpenSSL allocates in this thread is secret_memory(): keys as they are read, and what they are
/// used with for the first time. Must not live across a switch. Nothing changes without keep_openssl_secrets().
class GROVE_EXPORT SecretScope {
public:
    SecretScope() noexcept;
    ~SecretScope();
    SecretScope(const SecretScope&) = delete;
    SecretScope& operator=(const SecretScope&) = delete;
};

}  // namespace grove
