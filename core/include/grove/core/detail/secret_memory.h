// secret_memory.h - memory for keys that is in no core, of this process or of a process that it
// forks.
#pragma once

#include <memory_resource>

#include <grove/core/detail/export.h>

namespace grove {

/// Memory of a fixed size, 64 MiB of addresses, taken page by page. It does not overwrite what is
/// freed: who frees a secret overwrites it first. Any thread.
GROVE_EXPORT std::pmr::memory_resource& secret_memory();

/// Lets SecretScope take effect. To be called before the program uses anything of OpenSSL.
/// @return false: OpenSSL has allocated memory already
GROVE_EXPORT bool keep_openssl_secrets() noexcept;

/// While it lives, OpenSSL allocates from secret_memory() in this thread: keys as they are read,
/// and what they are used with for the first time. It must not live across a switch. Without
/// keep_openssl_secrets() it has no effect.
class GROVE_EXPORT SecretScope {
public:
    SecretScope() noexcept;
    ~SecretScope();
    SecretScope(const SecretScope&) = delete;
    SecretScope& operator=(const SecretScope&) = delete;
};

}  // namespace grove
