// How often the text of a body is copied, in each form that a body is made of: counted at operator new, for blocks that
// are large enough to hold it.
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>

#include <grove/http/body.h>

namespace {

constexpr std::size_t kBytes = 16384;
std::size_t large_blocks = 0;

void* counted(std::size_t bytes) {
    if (bytes >= kBytes) ++large_blocks;
    if (void* const block = std::malloc(bytes != 0 ? bytes : 1)) return block;
    throw std::bad_alloc{};
}

}  // namespace

void* operator new(std::size_t bytes) { return counted(bytes); }
void* operator new[](std::size_t bytes) { return counted(bytes); }
void operator delete(void* block) noexcept { std::free(block); }
void operator delete[](void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }
void operator delete[](void* block, std::size_t) noexcept { std::free(block); }

namespace grove::http {
namespace {

using testing::ElementsAre;

class BodyCopies : public testing::Test {
protected:
    /// What `make` copies of first_ and second_, each of kBytes. Its body is kept in body_.
    template <class Make>
    std::size_t of(Make make) {
        first_ = std::string(kBytes, 'x');
        second_ = std::string(kBytes, 'y');
        const std::size_t before = large_blocks;
        body_ = make();
        return large_blocks - before;
    }
    [[nodiscard]] bool is_one_text() {
        const std::string* const text = one_text(body_.content());
        return text != nullptr && *text == std::string(kBytes, 'x');
    }
    [[nodiscard]] const std::vector<std::string>& pieces() {
        return std::get<std::vector<std::string>>(body_.content());
    }

    std::string first_;
    std::string second_;
    Body body_;
};

TEST_F(BodyCopies, OfATextThatIsGivenAwayAreNone) {
    EXPECT_EQ(of([&] { return Body(std::move(first_)); }), 0U);
    EXPECT_TRUE(is_one_text());
    EXPECT_EQ(of([&] { return Body{std::move(first_)}; }), 0U);
    EXPECT_TRUE(is_one_text());
    EXPECT_EQ(of([&]() -> Body { return {std::move(first_)}; }), 0U);
    EXPECT_TRUE(is_one_text());
    EXPECT_EQ(of([&]() -> Body { return std::move(first_); }), 0U);
    EXPECT_TRUE(is_one_text());
    EXPECT_EQ(of([]() -> Body {
                  std::string text(kBytes, 'x');
                  return text;
              }),
              1U)
        << "what makes the text";
    EXPECT_TRUE(is_one_text());
}

TEST_F(BodyCopies, OfATextThatIsKeptAreOne) {
    EXPECT_EQ(of([&]() -> Body { return first_; }), 1U);
    EXPECT_TRUE(is_one_text());
    EXPECT_EQ(of([&] { return Body{first_}; }), 1U);
    EXPECT_TRUE(is_one_text());
    EXPECT_EQ(of([&] { return Body{std::as_const(first_)}; }), 1U);
    EXPECT_TRUE(is_one_text());
    EXPECT_EQ(of([&] { return Body{std::string_view{first_}}; }), 1U);
    EXPECT_TRUE(is_one_text());
    EXPECT_EQ(of([&] { return Body{first_.c_str()}; }), 1U);
    EXPECT_TRUE(is_one_text());
}

TEST_F(BodyCopies, OfPiecesAreOneForEachThatIsKept) {
    const auto are_both = ElementsAre(std::string(kBytes, 'x'), std::string(kBytes, 'y'));
    EXPECT_EQ(of([&] { return Body{std::move(first_), std::move(second_)}; }), 0U);
    EXPECT_THAT(pieces(), are_both);
    EXPECT_EQ(of([&] { return Body{first_, std::move(second_)}; }), 1U);
    EXPECT_THAT(pieces(), are_both);
    EXPECT_EQ(of([&]() -> Body { return {first_, std::string_view{second_}}; }), 2U);
    EXPECT_THAT(pieces(), are_both);
    EXPECT_EQ(of([&] { return Body{{std::move(first_), std::move(second_)}}; }), 0U);
    EXPECT_THAT(pieces(), are_both);
}

TEST_F(BodyCopies, OfOtherFormsAreNone) {
    std::vector<std::string> texts{std::string(kBytes, 'x'), "b"};
    EXPECT_EQ(of([&] { return Body{std::move(texts)}; }), 0U);
    EXPECT_THAT(pieces(), ElementsAre(std::string(kBytes, 'x'), "b"));
    const auto shared = std::make_shared<const std::string>(kBytes, 'x');
    EXPECT_EQ(of([&] { return Body{shared}; }), 0U);
    EXPECT_EQ(one_text(body_.content()), shared.get());
    EXPECT_EQ(of([&] { return Body{std::exchange(body_, Body{std::move(first_)})}; }), 0U);
    EXPECT_EQ(one_text(body_.content()), shared.get());
    EXPECT_EQ(of([&] { return Body{[] { return std::optional<std::string>{}; }}; }), 0U);
    EXPECT_TRUE(std::holds_alternative<Body::Generator>(body_.content()));
}

TEST(BodyOfPieces, HasThemInTheirOrder) {
    const std::string kept = "kept";
    Body several{"a", kept, std::string_view{"b"}, std::string{}, std::string{"c"}};
    EXPECT_THAT(std::get<std::vector<std::string>>(several.content()),
                ElementsAre("a", "kept", "b", "", "c"));
    EXPECT_EQ(kept, "kept");
    Body in_braces{{"a", "b"}};
    EXPECT_THAT(std::get<std::vector<std::string>>(in_braces.content()), ElementsAre("a", "b"));
    Body one{"literal"};
    EXPECT_EQ(std::get<std::string>(one.content()), "literal");
    Body none{};
    EXPECT_EQ(std::get<std::string>(none.content()), "");
}

}  // namespace
}  // namespace grove::http
