// Raw requests beside what they must mean: whole, byte by byte, cut in two at every point (S-151, S-152).
#include <algorithm>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "greenlet_test.h"
#include "request_rows.h"
#include "served_application.h"

namespace grove::test {
namespace {

http::Application tell_of_row() {
    return [](http::Environ& environ, http::StartResponse& start) {
        std::string seen{environ["PATH_INFO"]};
        if (seen != "/unread") seen += " " + environ.input().read();
        start("200 OK", {});
        return http::Body{std::move(seen)};
    };
}

/// All final answers to `bytes`: "200 /a |400". @param cut where the bytes are cut in two; 0: nowhere; at their end:
/// between all of them
std::string answers(ServedApplication& served, const RequestRow& row, std::size_t cut) {
    Client client{served.address()};
    try {
        if (cut == 0) {
            client.send(row.bytes);
        } else if (cut == row.bytes.size()) {
            client.send_byte_by_byte(row.bytes);
        } else {
            client.send_cut_at(row.bytes, cut);
        }
        client.finish_sending();
    } catch (const std::system_error&) {  // refused, and closed, before all of it was sent
    }
    std::string all;
    for (std::string_view left = row.means; !left.empty();) {
        const bool to_head = left.starts_with("200 HEAD");
        left.remove_prefix(std::min(left.find('|'), left.size() - 1) + 1);
        Answer answer = client.answer(to_head);
        // Whether it is sent depends on when the body came.
        if (answer.status == 100) answer = client.answer(to_head);
        all += std::to_string(answer.status);
        if (answer.status == 200) {
            all += " " + (to_head ? "HEAD" : answer.body);
        } else {
            EXPECT_EQ(answer.body, answer.reason);
            EXPECT_TRUE(answer.says_close());
        }
        if (!left.empty()) all += '|';
    }
    EXPECT_TRUE(client.at_end());
    return all;
}

/// Whole, at every point (of long ones at some), and, if that does not take too long, byte by byte.
std::vector<std::size_t> cuts_of(std::size_t size) {
    const std::size_t step = size <= 400 ? 1 : size / 37;
    std::vector<std::size_t> cuts;
    for (std::size_t cut = 0; cut < size; cut += step) cuts.push_back(cut);
    if (size < 2000) cuts.push_back(size);
    return cuts;
}

/// Holds every `step`-th row from `first` on: all of them in one test would take longer than a test may.
void hold(const std::vector<RequestRow>& rows, std::size_t first = 0, std::size_t step = 1) {
    ServedApplication served{tell_of_row()};
    for (std::size_t at = first; at < rows.size(); at += step) {
        const RequestRow& row = rows[at];
        for (const std::size_t cut : cuts_of(row.bytes.size())) {
            SCOPED_TRACE(std::string{row.rule} + ", cut at " + std::to_string(cut) + ": " +
                         ::testing::PrintToString(row.bytes.substr(0, 120)));
            served.calls = 0;
            ASSERT_EQ(answers(served, row, cut), row.means);
            ASSERT_EQ(served.calls, row.calls);
        }
    }
    EXPECT_TRUE(served.quiet());
}

GREENLET_TEST(RequestRows, OfHeadsThatAreTaken) { hold(taken_heads()); }
GREENLET_TEST(RequestRows, OfHeadsThatAreRefused) { hold(refused_heads(), 0, 5); }
GREENLET_TEST(RequestRows, OfHeadsThatAreRefusedToo) { hold(refused_heads(), 1, 5); }
GREENLET_TEST(RequestRows, OfHeadsThatAreRefusedAsWell) { hold(refused_heads(), 2, 5); }
GREENLET_TEST(RequestRows, OfMoreHeadsThatAreRefused) { hold(refused_heads(), 3, 5); }
GREENLET_TEST(RequestRows, OfTheLastHeadsThatAreRefused) { hold(refused_heads(), 4, 5); }
GREENLET_TEST(RequestRows, OfBodies) { hold(bodies(), 0, 3); }
GREENLET_TEST(RequestRows, OfMoreBodies) { hold(bodies(), 1, 3); }
GREENLET_TEST(RequestRows, OfTheLastBodies) { hold(bodies(), 2, 3); }

}  // namespace
}  // namespace grove::test
