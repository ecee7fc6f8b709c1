// random_bytes.h - bytes that nobody can guess. Any thread; never switches.
#pragma once

#include <cstddef>

namespace grove::web {

/// Fills `size` bytes at `data`. @throws std::runtime_error  OpenSSL has none
void fill_with_random(void* data, std::size_t size);

}  // namespace grove::web
