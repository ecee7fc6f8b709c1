// patience.h - how long a test waits for what comes at once.
#pragma once

#include <chrono>

namespace grove::test {

inline constexpr std::chrono::seconds kPatience{8};

}  // namespace grove::test
