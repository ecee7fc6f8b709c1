// What a job tells whoever abandons it of its thread.
#include "job.h"

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include <grove/core/hub.h>
#include <grove/http.h>
#include <grove/testing.h>

#include "greenlet_test.h"
#include "mailbox.h"

namespace grove::wsgi {
namespace {

constexpr int kRounds = 2000;  // one in ten meets the thread between two of its steps

/// In a greenlet, with a job that a thread has begun, where it runs `thread`.
void with_jobs(const std::function<void(Job&)>& thread, const std::function<void(Job&)>& greenlet) {
    const http::Application application = [&](http::Environ& request, http::StartResponse& start) {
        const auto mailbox = std::make_shared<Mailbox>();
        for (int i = 0; i < kRounds; ++i) {
            const auto job = std::make_shared<Job>(mailbox, RequestText{request}, "", false);
            std::thread other{[&] {
                job->begin();
                thread(*job);
                job->finish();
            }};
            greenlet(*job);
            other.join();
        }
        mailbox->close();
        start("204 No Content", {});
        return http::Body{};
    };
    EXPECT_EQ(http::call(application, {}).status, 204);
}

// W-015: else its application is killed, where it should have an OSError.
GREENLET_TEST(WsgiJob, WhoseThreadReadsIsKnownToWaitAsSoonAsTheGreenletKnowsOfIt) {
    int ended = 0;
    with_jobs([&](Job& job) { ended += job.read({.bytes = 1}) == std::nullopt; },
              [](Job& job) {
                  EXPECT_EQ(job.take_wanted().bytes, 1U);
                  EXPECT_EQ(job.abandon(), Job::Abandoned::kWaits);
              });
    EXPECT_EQ(ended, kRounds);
}

// W-033
GREENLET_TEST(WsgiJob, WhoseThreadLendsAPieceIsKnownToWaitAsSoonAsTheGreenletHasIt) {
    const std::string piece(100'000, 'x');
    int refused = 0;
    with_jobs([&](Job& job) { refused += !job.post({.large = piece}); },
              [&](Job& job) {
                  EXPECT_EQ(job.take().large.size(), piece.size());
                  EXPECT_EQ(job.abandon(), Job::Abandoned::kWaits);
              });
    EXPECT_EQ(refused, kRounds);
}

}  // namespace
}  // namespace grove::wsgi
