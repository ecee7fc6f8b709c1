// The buffer that sessions share. H2-080
#include "shared_frame.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conversation.h"

namespace grove::http {
namespace {

constexpr std::size_t kKilobyte = 1024;

/// Counts what is allocated; may fail.
class CountedMemory {
public:
    [[nodiscard]] nghttp2_mem hooks() {
        return {
            .mem_user_data = this,
            .malloc = [](std::size_t size, void* self) { return of(self).allocate(size); },
            .free = [](void* block, void* self) { of(self).release(block); },
            .calloc = [](std::size_t count, std::size_t size, void* self) -> void* {
                void* const block = of(self).allocate(count * size);
                return block != nullptr ? std::memset(block, 0, count * size) : nullptr;
            },
            .realloc = [](void* block, std::size_t size, void* self) -> void* {
                void* const other = of(self).allocate(size);
                if (other == nullptr || block == nullptr) return other;
                std::memcpy(other, block, std::min(size, of(self).sizes_.at(block)));
                of(self).release(block);
                return other;
            },
        };
    }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    /// The n-th allocation from now on fails, and those after it.
    void fail_after(int count) noexcept { left_ = count; }

private:
    static CountedMemory& of(void* self) { return *static_cast<CountedMemory*>(self); }

    void* allocate(std::size_t size) {
        if (left_ == 0) return nullptr;
        if (left_ > 0) --left_;
        void* const block = std::malloc(size);
        sizes_[block] = size;
        bytes_ += size;
        return block;
    }
    void release(void* block) {
        if (block == nullptr) return;
        bytes_ -= sizes_.at(block);
        sizes_.erase(block);
        std::free(block);
    }

    std::map<const void*, std::size_t> sizes_;
    std::size_t bytes_ = 0;
    int left_ = -1;
};

constexpr unsigned kConversations = 32;
constexpr int kRounds = 60;

struct Outcome {
    std::vector<std::string> sent;
    std::size_t answered = 0;
    std::size_t pings = 0;
};

/// What each of 32 sessions has sent, whose input comes in pieces, a piece for each in turn.
Outcome converse(bool shares) {
    SharedFrame frame{shares};
    std::deque<Conversation> all;
    for (unsigned seed = 0; seed < kConversations; ++seed) all.emplace_back(frame, seed);
    EXPECT_EQ(frame.sharing(), shares ? kConversations : 0U);
    for (int round = 0; round < kRounds; ++round) {
        for (Conversation& one : all) {
            auto& random = one.random();
            const auto chance = random() % 8;
            if (chance < 3) one.request(random() % 30'000, random() % 100, random() % 100);
            if (chance == 3) one.request(random() % 3'000, random() % 40'000);
            if (chance == 4) one.request(random() % 3'000, 0, random() % 20'000);
            if (chance >= 5) one.ping();
            one.step();
        }
    }
    Outcome outcome;
    for (Conversation& one : all) {
        one.finish();
        outcome.sent.push_back(one.sent());
        outcome.answered += one.answered();
        outcome.pings += one.pings_answered();
    }
    return outcome;
}

TEST(SharedFrame, ChangesNoByteOfWhatIsSent) {
    const Outcome shared = converse(true);
    const Outcome own = converse(false);

    for (unsigned i = 0; i < kConversations; ++i)
        EXPECT_TRUE(shared.sent[i] == own.sent[i]) << "session " << i;
    EXPECT_EQ(shared.answered + shared.pings, kConversations * kRounds)
        << "everything was answered";
    EXPECT_GT(shared.answered, kConversations * kRounds / 2);
}

TEST(SharedFrame, IsLeftByASessionThatEnds) {
    SharedFrame frame;
    auto first = std::make_unique<Conversation>(frame, 1);
    auto second = std::make_unique<Conversation>(frame, 2);
    EXPECT_EQ(frame.sharing(), 2U);
    first.reset();
    EXPECT_EQ(frame.sharing(), 1U);
    second->request(20'000);
    second->finish();
    EXPECT_EQ(second->answered(), 1U);
    second.reset();
    EXPECT_EQ(frame.sharing(), 0U);
    const Conversation third{frame, 3};
    EXPECT_EQ(frame.sharing(), 1U);
}

/// What a session more holds: before a request, after a browser's, and after ten thousand.
struct Held {
    std::size_t fresh = 0;
    std::size_t after_a_head = 0;
    std::size_t after_many = 0;
};

Held held_by_a_session(bool shares) {
    CountedMemory memory;
    SharedFrame frame{shares, memory.hooks()};
    const Conversation other{frame, 1};
    const std::size_t before = memory.bytes();
    Conversation one{frame, 2};
    Held held;
    one.finish();
    held.fresh = memory.bytes() - before;
    one.request(100, 300, 900);
    one.finish();
    held.after_a_head = memory.bytes() - before;
    for (int i = 0; i < 1'000; ++i) {
        for (int at_once = 0; at_once < 10; ++at_once) one.request(100, 300, 900);
        one.finish();
    }
    EXPECT_EQ(one.answered(), 10'001U);
    held.after_many = memory.bytes() - before;
    return held;
}

// Versions up to 1.56 have a larger map of streams.
TEST(SharedFrame, LeavesASessionLittleThatItHoldsForItself) {
    const bool is_old = nghttp2_version(0)->version_num < 0x013900;
    const Held held = held_by_a_session(true);
    EXPECT_LE(held.fresh, (is_old ? 10 : 6) * kKilobyte);
    EXPECT_LE(held.after_a_head, (is_old ? 25 : 17) * kKilobyte / 2);
    EXPECT_LE(held.after_many, held.after_a_head + kKilobyte);
    const Held without = held_by_a_session(false);
    EXPECT_GE(without.fresh, held.fresh + 16 * kKilobyte);
}

TEST(SharedFrame, HoldsNothingBeforeTheFirstSession) {
    CountedMemory memory;
    const SharedFrame frame{true, memory.hooks()};
    EXPECT_EQ(memory.bytes(), 0U);
}

/// How many allocations must succeed until a session can be made; each one that fails leaves nothing behind.
int allocations_needed(bool shares) {
    nghttp2_session_callbacks* callbacks = nullptr;
    EXPECT_EQ(nghttp2_session_callbacks_new(&callbacks), 0);
    int allowed = -1;
    for (bool made = false; !made;) {
        CountedMemory memory;
        {
            SharedFrame frame{shares, memory.hooks()};
            memory.fail_after(++allowed);
            try {
                nghttp2_session_del(frame.make_session(*callbacks, nullptr, nullptr));
                made = true;
            } catch (const std::bad_alloc&) {
                EXPECT_EQ(frame.sharing(), 0U);
                memory.fail_after(-1);
                const Conversation another{frame, 1};
                EXPECT_EQ(frame.sharing(), shares ? 1U : 0U);
            }
        }
        EXPECT_EQ(memory.bytes(), 0U) << "after " << allowed;
    }
    nghttp2_session_callbacks_del(callbacks);
    return allowed;
}

TEST(SharedFrame, LosesNothingWhereMemoryRunsOut) {
    const int own = allocations_needed(false);
    EXPECT_GE(own, 4);
    EXPECT_EQ(allocations_needed(true), 2 * own) << "those of the trial, and of the session";
}

TEST(SharedFrameDeathTest, LetsOneSessionSendAtATime) {
    SharedFrame frame;
    const SharedFrame::Turn turn{frame};
    EXPECT_DEATH(SharedFrame::Turn{frame}, "two HTTP/2 sessions send at once");
}

TEST(SharedFrameDeathTest, OutlivesItsSessions) {
    const auto destroy_first = [] {
        auto frame = std::make_unique<SharedFrame>();
        const Conversation one{*frame, 1};
        frame.reset();
    };
    EXPECT_DEATH(destroy_first(), "SharedFrame destroyed under its sessions");
}

}  // namespace
}  // namespace grove::http
