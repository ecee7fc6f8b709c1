#include "library_cache.h"

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "read_file.h"

namespace grove::http {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::EndsWith;
using testing::IsEmpty;

void append(std::string& bytes, std::uint32_t number) {
    bytes.append(reinterpret_cast<const char*>(&number), sizeof(number));
}

/// As ldconfig writes one.
std::string cache_of(const std::vector<std::pair<std::string, std::string>>& libraries) {
    std::string bytes = "glibc-ld.so.cache1.1";
    append(bytes, static_cast<std::uint32_t>(libraries.size()));
    for (int i = 0; i < 6; ++i) append(bytes, 0);
    const std::size_t texts_at = bytes.size() + 24 * libraries.size();
    std::string texts;
    const auto add_text = [&](const std::string& text) {
        append(bytes, static_cast<std::uint32_t>(texts_at + texts.size()));
        texts += text + '\0';
    };
    for (const auto& [name, file] : libraries) {
        append(bytes, 0x0303);
        add_text(name);
        add_text(file);
        for (int i = 0; i < 3; ++i) append(bytes, 0);
    }
    return bytes + texts;
}

TEST(LibraryCache, HasTheFilesOfANameInItsOrder) {
    const std::string cache = cache_of({{"liba.so.1", "/usr/local/lib/liba.so.1"},
                                        {"libab.so.1", "/lib/libab.so.1"},
                                        {"liba.so.1", "/lib/liba.so.1"}});
    EXPECT_THAT(find_in_library_cache(cache, "liba.so.1"),
                ElementsAre("/usr/local/lib/liba.so.1", "/lib/liba.so.1"));
    EXPECT_THAT(find_in_library_cache(cache, "libab.so.1"), ElementsAre("/lib/libab.so.1"));
    EXPECT_THAT(find_in_library_cache(cache, "liba.so"), IsEmpty());
}

TEST(LibraryCache, IsThatOfThisMachine) {
    const char* const file = "/etc/ld.so.cache";
    if (!std::filesystem::exists(file)) GTEST_SKIP() << "this system has no " << file;
    EXPECT_THAT(find_in_library_cache(read_file(file, std::size_t{1} << 30U), "libc.so.6"),
                Contains(EndsWith("/libc.so.6")));
}

// Whatever offsets it claims, nothing outside of the bytes is read: a sanitizer tells.
TEST(LibraryCache, MayBeAnyBytes) {
    EXPECT_THAT(find_in_library_cache("", "liba.so.1"), IsEmpty());
    EXPECT_THAT(find_in_library_cache("glibc-ld.so.cache1.1", "liba.so.1"), IsEmpty());
    const std::string good = cache_of({{"liba.so.1", "/lib/liba.so.1"}, {"b", "/lib/b"}});
    std::mt19937 random{7};
    for (int i = 0; i < 2000; ++i) {
        std::string bytes = good.substr(0, 1 + random() % good.size());
        for (int j = 0; j < 8; ++j) bytes[random() % bytes.size()] = static_cast<char>(random());
        bytes.replace(0, 20, good, 0, 20);  // else the first look at them were the last
        (void)find_in_library_cache(bytes, "liba.so.1");
    }
}

}  // namespace
}  // namespace grove::http
