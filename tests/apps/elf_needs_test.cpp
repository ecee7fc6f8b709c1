#include "elf_needs.h"

#include <algorithm>
#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "read_file.h"

namespace grove::http {
namespace {

using testing::Contains;
using testing::IsEmpty;

std::string neighbour() {
    return read_file(GROVE_TEST_PLUGINS "/neighbour.so", std::size_t{1} << 30U);
}

TEST(ElfNeeds, AreTheLibrariesAndTheRunPath) {
    const ElfNeeds needs = find_elf_needs(neighbour());
    EXPECT_THAT(needs.libraries, Contains("libneighbour_library.so"));
    EXPECT_THAT(needs.run_path, Contains("$ORIGIN/beside"));
}

TEST(ElfNeeds, AreNoneWhereTheBytesSayNothing) {
    EXPECT_THAT(find_elf_needs("").libraries, IsEmpty());
    EXPECT_THAT(find_elf_needs(std::string(64, '\xff')).libraries, IsEmpty());
}

void flip(char& byte) { byte = static_cast<char>(byte ^ 64); }

// Whatever offsets it claims, nothing outside of the bytes is read: a sanitizer tells.
TEST(ElfNeeds, AreLookedForInAnyBytes) {
    const std::string good = neighbour();
    std::mt19937 random{7};
    for (int i = 0; i < 2000; ++i) {
        std::string bytes = good.substr(0, 1 + random() % good.size());
        for (int j = 0; j < 8; ++j) bytes[random() % bytes.size()] = static_cast<char>(random());
        // Mostly in the headers, where it hurts.
        for (int j = 0; j < 8; ++j)
            flip(bytes[random() % std::min<std::size_t>(bytes.size(), 800)]);
        find_elf_needs(bytes);
    }
}

}  // namespace
}  // namespace grove::http
