// What holds for a server as a whole, whatever its clients send (S-150, S-154).
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/greenlet.h>
#include <grove/core/hub.h>
#include <grove/pool/pool.h>

#include "greenlet_test.h"
#include "request_rows.h"
#include "served_application.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;
using ::testing::ElementsAre;

/// Byte sequences of a client: good requests, refused ones, and both after one another.
std::vector<std::string> corpus() {
    std::vector<std::string> all;
    for (const auto& rows : {taken_heads(), refused_heads(), bodies()}) {
        for (const RequestRow& row : rows) {
            if (row.bytes.size() < 1000) all.push_back(row.bytes);
        }
    }
    return all;
}

/// Reads its body but for "/unread", and answers with what it saw.
http::Application tell_of_whole() {
    return [](http::Environ& environ, http::StartResponse& start) {
        std::string seen{environ["PATH_INFO"]};
        if (seen != "/unread") seen += " " + environ.input().read();
        start("200 OK", {{"Date", "now"}});
        return http::Body{std::move(seen)};
    };
}

/// One to four changes: a byte exchanged, added or taken away, a piece of another sequence put in, a cut.
std::string mutated(std::string bytes, const std::vector<std::string>& all, std::mt19937& random) {
    constexpr std::string_view kTelling = "\r\n :;,0123456789abcdefGETchunked/%\t\0\x7f\xff"sv;
    const auto below = [&random](std::size_t bound) { return bound == 0 ? 0 : random() % bound; };
    for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
        const std::size_t at = below(bytes.size());
        switch (below(5)) {
            case 0:
                if (!bytes.empty()) bytes[at] = kTelling[below(kTelling.size())];
                break;
            case 1:
                bytes.insert(at, 1, kTelling[below(kTelling.size())]);
                break;
            case 2:
                bytes.erase(at, 1 + below(3));
                break;
            case 3: {
                const std::string& other = all[below(all.size())];
                const std::size_t from = below(other.size());
                bytes.insert(at, other.substr(from, below(40)));
                break;
            }
            default:
                if (below(4) == 0) bytes.resize(at);
        }
    }
    return bytes;
}

/// A soak asks for 100,000.
int mutations() {
    const char* wanted = std::getenv("GROVE_TEST_MUTATIONS");
    return wanted != nullptr ? std::atoi(wanted) : 2000;
}

std::size_t open_descriptors() {
    const std::filesystem::directory_iterator entries{"/proc/self/fd"};
    return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

void send_mutations() {
    const auto pool = std::make_shared<Pool>(4);
    ServedApplication served{tell_of_whole(),
                             {.spawn = pool, .timeouts = {.header = 1s, .body = 1s}}};
    const std::size_t greenlets = get_hub().greenlet_count();
    const std::size_t descriptors = open_descriptors();
    Client steady{served.address()};
    const std::vector<std::string> all = corpus();
    std::mt19937 random{20261123};
    for (int count = 0; count < mutations(); ++count) {
        const std::string bytes = mutated(all[random() % all.size()], all, random);
        SCOPED_TRACE(::testing::PrintToString(bytes));
        try {
            Client client{served.address()};
            client.send_cut_at(bytes, random() % (bytes.size() + 1));
            if (random() % 8 == 0) {
                client.reset();
                continue;
            }
            client.finish_sending();
            client.read_to_end();
        } catch (const std::system_error&) {  // the server closed before it was told everything
        }
        if (count % 100 == 0) {
            steady.send(get("/steady"));
            ASSERT_EQ(steady.brief(), "200 /steady ");
            served.access_lines.clear();
            served.errors.clear();
        }
    }
    steady.close();
    EXPECT_TRUE(served.quiet());
    EXPECT_EQ(get_hub().greenlet_count(), greenlets);
    EXPECT_EQ(open_descriptors(), descriptors);
    EXPECT_EQ(pool->free_count(), 4U);
}

TEST(AnyByteSequence, EndsNothingAndLeavesNothing) {  // S-150
    run_in_fresh_hub(send_mutations, {.more_time = std::chrono::seconds{mutations() / 200}});
}

GREENLET_TEST(ThousandConnections, LeaveNothingBehind) {  // S-150
    ServedApplication served{say_hello(), {.spawn = 10}};
    const std::size_t greenlets = get_hub().greenlet_count();
    for (int batch = 0; batch < 10; ++batch) {
        std::vector<std::unique_ptr<Client>> clients;
        for (int count = 0; count < 100; ++count)
            clients.push_back(std::make_unique<Client>(served.address()));
        for (const auto& client : clients) client->send(get());
        for (const auto& client : clients) ASSERT_EQ(client->brief(), "200 hello");
        EXPECT_EQ(served.server.connections(), 100U);
        clients.clear();
        ASSERT_TRUE(served.quiet());
    }
    EXPECT_EQ(get_hub().greenlet_count(), greenlets);
    EXPECT_EQ(served.calls, 1000);
}

GREENLET_TEST(OrderOfClosing, IsBodyLineNextRequest) {  // S-154
    std::vector<std::string> journal;
    http::WsgiOptions options;
    options.access_log = [&](const http::AccessRecord& record) {
        journal.push_back("line " + std::to_string(record.status));
    };
    options.error_log = [](http::LogLevel, std::string_view) {};
    ServedApplication served{[&](http::Environ& environ, http::StartResponse& start) {
                                 journal.emplace_back("call");
                                 start("200 OK", {});
                                 const bool fails = environ["PATH_INFO"] == "/fails";
                                 return http::Body{[fails]() -> std::optional<std::string> {
                                            if (fails) throw std::runtime_error{"broken"};
                                            return std::nullopt;
                                        }}
                                     .on_close([&] { journal.emplace_back("close"); });
                             },
                             options};

    served.say(get() + get("/fails"));

    EXPECT_THAT(journal, ElementsAre("call", "close", "line 200", "call", "close", "line 500"));
}

}  // namespace
}  // namespace grove::test
