// rate_limit() and its buckets.
#include <grove/web/rate_limit.h>

#include <chrono>
#include <cstddef>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include <grove/testing.h>

#include "answers.h"
#include "fake_clock.h"
#include "greenlet_test.h"
#include "token_buckets.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;

class Limited {
public:
    explicit Limited(web::RateLimitOptions options)
        : application_{http::chain(answering("200 OK", {}, "hello"),
                                   {web::rate_limit(std::move(options))})} {}

    http::TestAnswer ask(const std::string& peer, http::Headers headers = {}) {
        return http::call(application_, {.headers = std::move(headers), .peer = peer});
    }
    int status(const std::string& peer) { return ask(peer).status; }

private:
    http::Application application_;
};

FAKE_CLOCK_TEST(RateLimit, GivesABurstAndThenTheRate) {
    Limited limited{{.rate = 0.5, .burst = 2}};
    EXPECT_EQ(limited.status("192.0.2.1"), 200);
    EXPECT_EQ(limited.status("192.0.2.1"), 200);
    const auto refused = limited.ask("192.0.2.1");
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(refused.header("Retry-After"), "2");
    EXPECT_EQ(limited.status("192.0.2.2"), 200) << "another client has a bucket of its own";
    compute(2001ms);
    EXPECT_EQ(limited.status("192.0.2.1"), 200);
    EXPECT_EQ(limited.status("192.0.2.1"), 429);
    compute(1h);
    EXPECT_EQ(limited.status("192.0.2.1"), 200);
    EXPECT_EQ(limited.status("192.0.2.1"), 200);
    EXPECT_EQ(limited.status("192.0.2.1"), 429) << "no more than the burst is saved";
}

FAKE_CLOCK_TEST(RateLimit, RefusesNobodyByATickThatLags) {
    Limited limited{{.rate = 1, .burst = 1}};
    EXPECT_EQ(limited.status("192.0.2.1"), 200);
    compute(1001ms);
    let_tick_lag(4ms);
    EXPECT_EQ(limited.status("192.0.2.1"), 200);
    EXPECT_EQ(limited.status("192.0.2.1"), 429);
}

FAKE_CLOCK_TEST(RateLimit, CountsANetworkOfIPv6AsOne) {
    Limited limited{{.rate = 0.001, .burst = 1}};
    EXPECT_EQ(limited.status("2001:db8:0:1::1"), 200);
    EXPECT_EQ(limited.status("2001:db8::1:ffff:0:0:2"), 429) << "the same /64";
    EXPECT_EQ(limited.status("2001:db8:0:2::1"), 200);
}

FAKE_CLOCK_TEST(RateLimit, CountsByAKey) {
    Limited limited{{.rate = 0.001, .burst = 1, .key = [](http::Environ& environ) {
                         return std::string{environ["HTTP_X_KEY"]};
                     }}};
    EXPECT_EQ(limited.ask("192.0.2.1", {{"X-Key", "a"}}).status, 200);
    EXPECT_EQ(limited.ask("192.0.2.2", {{"X-Key", "a"}}).status, 429);
    EXPECT_EQ(limited.ask("192.0.2.2", {{"X-Key", "b"}}).status, 200);
    EXPECT_EQ(limited.status("192.0.2.2"), 200);
    EXPECT_EQ(limited.status("192.0.2.2"), 200) << "without a key there is no limit";
}

TEST(RateLimit, RefusesOptionsThatCannotBe) {
    EXPECT_THROW(web::rate_limit({.rate = 0}), std::invalid_argument);
    EXPECT_THROW(web::rate_limit({.burst = 0.5}), std::invalid_argument);
    EXPECT_THROW(web::rate_limit({.table = 0}), std::invalid_argument);
}

TEST(TokenBuckets, ForgetTheOneThatIsUnusedForLongest) {
    web::TokenBuckets buckets{1, 1, 2};
    EXPECT_EQ(buckets.take("a", 0s), 0);
    EXPECT_EQ(buckets.take("b", 0s), 0);
    EXPECT_GT(buckets.take("a", 0s), 0);
    EXPECT_EQ(buckets.take("c", 0s), 0) << "in place of b";
    EXPECT_EQ(buckets.size(), 2U);
    EXPECT_GT(buckets.take("a", 0s), 0) << "is still known";
    EXPECT_EQ(buckets.take("b", 0s), 0) << "is new again";
    EXPECT_EQ(buckets.size(), 2U);
}

TEST(TokenBuckets, TellHowLongToWait) {
    web::TokenBuckets buckets{4, 1, 1};
    EXPECT_EQ(buckets.take("a", 0s), 0);
    EXPECT_DOUBLE_EQ(buckets.take("a", 125ms), 0.125);
    EXPECT_EQ(buckets.take("a", 250ms), 0);
}

TEST(TokenBuckets, TakeNothingBackWhenAnotherClockLags) {
    web::TokenBuckets buckets{1, 2, 1};
    EXPECT_EQ(buckets.take("a", 10s), 0);
    EXPECT_EQ(buckets.take("a", 9s), 0);
    EXPECT_DOUBLE_EQ(buckets.take("a", 9s), 1);
    EXPECT_DOUBLE_EQ(buckets.take("a", 10s), 1) << "what was rested before is not given twice";
    EXPECT_EQ(buckets.take("a", 11s), 0);
}

TEST(SecretHash, TellsTextsApartThatDifferInOneByte) {
    const web::SecretHash hash;
    std::set<std::size_t> hashes;
    std::size_t texts = 0;
    for (const std::size_t size : {1U, 7U, 8U, 9U, 15U, 16U, 17U}) {
        for (std::size_t at = 0; at != size; ++at, ++texts) {
            std::string text(size, 'a');
            text[at] = 'b';
            hashes.insert(hash(text));
        }
    }
    EXPECT_EQ(hashes.size(), texts);
    EXPECT_NE(hash(""), hash(std::string(1, '\0')));
}

TEST(TokenBuckets, KeepShortKeysOfLongTexts) {
    const std::string longest(32, 'a');
    EXPECT_EQ(web::bounded_key(longest), longest);
    const std::string text(8000, 'a');
    EXPECT_EQ(web::bounded_key(text).size(), 32U);
    EXPECT_EQ(web::bounded_key(text), web::bounded_key(text));
    EXPECT_NE(web::bounded_key(text), web::bounded_key(text + 'b'));
}

FAKE_CLOCK_TEST(RateLimit, TellsLongKeysApart) {
    Limited limited{{.rate = 0.001, .burst = 1, .key = [](http::Environ& environ) {
                         return std::string{environ["HTTP_X_KEY"]};
                     }}};
    const std::string text(4000, 'a');
    EXPECT_EQ(limited.ask("192.0.2.1", {{"X-Key", text + 'a'}}).status, 200);
    EXPECT_EQ(limited.ask("192.0.2.1", {{"X-Key", text + 'a'}}).status, 429);
    EXPECT_EQ(limited.ask("192.0.2.1", {{"X-Key", text + 'b'}}).status, 200);
}

TEST(SecretHash, TellsTextsApart) {
    const web::SecretHash hash;
    const web::SecretHash other;
    EXPECT_EQ(hash("192.0.2.1"), hash("192.0.2.1"));
    EXPECT_NE(hash("192.0.2.1"), hash("192.0.2.2"));
    EXPECT_NE(hash(""), hash(std::string_view{"\0", 1}));
    EXPECT_NE(hash("12345678"), hash("123456780"));
    EXPECT_NE(hash("192.0.2.1"), other("192.0.2.1")) << "each has a key of its own";
}

}  // namespace
}  // namespace grove::test
