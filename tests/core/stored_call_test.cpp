// stored_call_test.cpp - what spawn() keeps of a function, and when it lets it go.
#include <grove/core/detail/stored_call.h>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace grove {
namespace {

/// Keeps `owner` alive, and tells how it was called.
struct Named {
    std::shared_ptr<int> owner;
    std::string operator()() & { return "lvalue"; }
    std::string operator()() && { return "rvalue"; }
};

TEST(StoredCall, CallsItsFunctionAsAnLvalue) {
    detail::StoredCall<Named> call{Named{}};

    EXPECT_EQ(call(), "lvalue");
}

TEST(StoredCall, PassesItsArgumentsAsRvalues) {
    auto take = [](std::unique_ptr<int> number, std::string&& text) {
        return text + std::to_string(*number);
    };
    detail::StoredCall<decltype(take), std::unique_ptr<int>, std::string> call{
        take, std::make_unique<int>(7), "seven is "};

    EXPECT_EQ(call(), "seven is 7");
}

TEST(StoredCall, CallsAMemberOfItsFirstArgument) {
    detail::StoredCall<std::size_t (std::string::*)() const noexcept, std::string> call{
        &std::string::size, "four"};

    EXPECT_EQ(call(), 4U);
}

TEST(StoredCall, ReturnsAReferenceAsOne) {
    int number = 1;
    auto refer = [&number]() -> int& { return number; };
    detail::StoredCall<decltype(refer)> call{refer};

    EXPECT_EQ(&call(), &number);
}

TEST(StoredCall, DropsItsFunctionOnce) {
    const auto owner = std::make_shared<int>(0);
    {
        detail::StoredCall<Named> call{Named{owner}};
        EXPECT_EQ(owner.use_count(), 2);

        call.drop();
        EXPECT_EQ(owner.use_count(), 1);
        call.drop();
    }
    EXPECT_EQ(owner.use_count(), 1);
}

TEST(StoredCall, TakesItsFunctionWithIt) {
    const auto owner = std::make_shared<int>(0);
    { detail::StoredCall<Named> call{Named{owner}}; }

    EXPECT_EQ(owner.use_count(), 1);
}

TEST(StoredCall, DropsItsArguments) {
    const auto owner = std::make_shared<int>(0);
    auto read = [](const std::shared_ptr<int>& number) { return *number; };
    detail::StoredCall<decltype(read), std::shared_ptr<int>> call{read, owner};
    EXPECT_EQ(owner.use_count(), 2);

    call.drop();

    EXPECT_EQ(owner.use_count(), 1);
}

}  // namespace
}  // namespace grove
