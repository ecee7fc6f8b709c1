// Prints which signals this process was born with blocked and ignored, as hexadecimal masks.
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>

int main() {
    constexpr std::uint64_t kOfTheCLibrary = std::uint64_t{3} << 31;  // 32 and 33
    std::ifstream status{"/proc/self/status"};
    for (std::string key, value; status >> key;) {
        if (key != "SigBlk:" && key != "SigIgn:") continue;
        status >> value;
        const std::uint64_t mask = std::stoull(value, nullptr, 16) & ~kOfTheCLibrary;
        std::printf("%s %" PRIx64 "\n", key.c_str(), mask);
    }
}
