// The memory that fields on their way from start_response to start_response leave behind.
#include <grove/http/spare_headers.h>

#include <cstddef>
#include <thread>
#include <utility>

#include <gmock/gmock.h>

namespace grove::http {
namespace {

using ::testing::IsEmpty;

const void* given(std::size_t fields) {
    (void)take_spare_headers();
    Headers headers{{"X-A", "a"}};
    headers.reserve(fields);
    const void* const memory = headers.data();
    give_spare_headers(std::move(headers));
    return memory;
}

TEST(SpareHeaders, AreTheMemoryWithoutTheFields) {
    const void* const memory = given(4);
    const Headers taken = take_spare_headers();

    EXPECT_THAT(taken, IsEmpty());
    EXPECT_EQ(taken.data(), memory);
    EXPECT_EQ(take_spare_headers().capacity(), 0U) << "given out twice";
}

TEST(SpareHeaders, AreNotKeptIfTheyAreLarge) {
    given(1000);
    EXPECT_EQ(take_spare_headers().capacity(), 0U);
}

TEST(SpareHeaders, AreThoseThatCameFirst) {
    const void* const memory = given(4);
    give_spare_headers(Headers{{"X-B", "b"}});
    EXPECT_EQ(take_spare_headers().data(), memory);
}

TEST(SpareHeaders, AreOfEachThread) {
    const void* const memory = given(4);
    std::thread{[] { EXPECT_EQ(take_spare_headers().capacity(), 0U); }}.join();
    EXPECT_EQ(take_spare_headers().data(), memory);
}

}  // namespace
}  // namespace grove::http
