#include "random_bytes.h"

#include <stdexcept>

#include <openssl/err.h>
#include <openssl/rand.h>

namespace grove::web {

void fill_with_random(void* data, std::size_t size) {
    if (RAND_bytes(static_cast<unsigned char*>(data), static_cast<int>(size)) == 1) return;
    ERR_clear_error();
    throw std::runtime_error{"OpenSSL has no random bytes"};
}

}  // namespace grove::web
