#include "seconds.h"

#include <array>
#include <chrono>
#include <cstdio>

namespace grove::http {

std::string seconds(Duration duration) {
    std::array<char, 32> text;
    std::snprintf(text.data(), text.size(), "%g s",
                  std::chrono::duration<double>{duration}.count());
    return text.data();
}

}  // namespace grove::http
