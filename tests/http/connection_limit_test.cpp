// max_connections, of one server and of several that share it (S-028), and the files a process may open (O-077).
#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/file_descriptor.h>
#include <grove/core/greenlet.h>
#include <grove/http/connection_limit.h>

#include "greenlet_test.h"
#include "served_application.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using http::ConnectionLimit;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// "/wait" waits for the event; all answer with their path.
struct LimitWaiting {
    Event go;
    http::Application application = [this](http::Environ& environ, http::StartResponse& start) {
        if (environ["PATH_INFO"] == "/wait") go.wait();
        start("200 OK", {});
        return http::Body{environ["PATH_INFO"]};
    };
};

std::unique_ptr<Client> idle_client(const ServedApplication& served) {
    auto client = std::make_unique<Client>(served.address());
    client->send(get("/a"));
    EXPECT_EQ(client->brief(), "200 /a");
    sleep(20ms);  // idle for longer than whoever comes next: more than the clock's coarse tick
    return client;
}

GREENLET_TEST(ConnectionLimit, OfTwoServersGivesUpTheLongestIdleOfBoth) {
    LimitWaiting waiting;
    const auto limit = std::make_shared<ConnectionLimit>(3);
    ServedApplication first{waiting.application, {.connection_limit = limit}};
    ServedApplication second{waiting.application, {.connection_limit = limit}};
    const auto oldest = idle_client(second);
    const auto younger = idle_client(first);
    const auto youngest = idle_client(second);
    EXPECT_EQ(limit->open(), 3U);

    Client newcomer{first.address()};  // its own server's are not the longest idle
    newcomer.send(get("/b"));
    EXPECT_EQ(newcomer.brief(), "200 /b");
    EXPECT_TRUE(oldest->at_end());
    sleep(20ms);
    Client another{second.address()};
    another.send(get("/c"));
    EXPECT_EQ(another.brief(), "200 /c");
    EXPECT_TRUE(younger->at_end());

    EXPECT_EQ(limit->open(), 3U);
    EXPECT_EQ(first.server.connections(), 1U);
    EXPECT_EQ(second.server.connections(), 2U);
    youngest->send(get("/a"));
    EXPECT_EQ(youngest->brief(), "200 /a");
}

GREENLET_TEST(ConnectionLimit, PausesAllServersWhileNobodyIsIdle) {
    LimitWaiting waiting;
    const auto limit = std::make_shared<ConnectionLimit>(2);
    ServedApplication first{waiting.application, {.connection_limit = limit}};
    ServedApplication second{waiting.application, {.connection_limit = limit}};
    std::vector<std::unique_ptr<Client>> busy;
    std::vector<std::unique_ptr<Client>> newcomers;
    for (ServedApplication* served : {&first, &second}) {
        busy.push_back(std::make_unique<Client>(served->address()));
        busy.back()->send(get("/wait"));
    }
    let_the_hub_turn();
    for (ServedApplication* served : {&first, &second}) {
        newcomers.push_back(std::make_unique<Client>(served->address()));
        newcomers.back()->send(get("/b"));
    }
    for (const auto& client : newcomers) EXPECT_TRUE(client->silent());
    EXPECT_EQ(limit->open(), 2U);

    waiting.go.set();

    for (const auto& client : newcomers) EXPECT_EQ(client->brief(), "200 /b");
    for (const auto& client : busy) EXPECT_EQ(client->brief(), "200 /wait");
}

FAKE_CLOCK_TEST(ConnectionLimit, GivesEachServerItsTurn) {  // as S-023 has it of a shared pool
    std::string served_by;
    const auto limit = std::make_shared<ConnectionLimit>(1);
    const auto serving = [&](char name) {
        return [&served_by, name](http::Environ&, http::StartResponse& start) {
            served_by += name;
            start("200 OK", {{"Connection", "close"}});
            return http::Body{"hello"};
        };
    };
    ServedApplication first{serving('1'), {.connection_limit = limit}};
    ServedApplication second{serving('2'), {.connection_limit = limit}};
    ServedApplication third{serving('3'), {.connection_limit = limit}};
    std::vector<std::unique_ptr<Client>> clients;
    for (ServedApplication* served : {&first, &second, &third}) served->server.stop_accepting();
    for (int count = 0; count < 12; ++count) {  // who has asked already is not idle
        for (ServedApplication* served : {&first, &second, &third}) {
            clients.push_back(std::make_unique<Client>(served->address()));
            clients.back()->send(get());
        }
    }
    for (ServedApplication* served : {&first, &second, &third}) served->server.start_accepting();
    for (const auto& client : clients) EXPECT_EQ(client->answer().status, 200);

    served_by.resize(12);
    for (const char name : {'1', '2', '3'})
        EXPECT_GE(std::count(served_by.begin(), served_by.end(), name), 3) << served_by;
}

GREENLET_TEST(ConnectionLimit, CountsNothingOfAServerThatIsGone) {
    LimitWaiting waiting;
    const auto limit = std::make_shared<ConnectionLimit>(2);
    ServedApplication stays{waiting.application, {.connection_limit = limit}};
    std::unique_ptr<Client> client;
    std::unique_ptr<Client> silent;
    {
        ServedApplication goes{waiting.application, {.connection_limit = limit}};
        client = idle_client(goes);
        silent = std::make_unique<Client>(goes.address());
        let_the_hub_turn();
        EXPECT_EQ(limit->open(), 2U);
    }
    EXPECT_EQ(limit->open(), 0U);
    EXPECT_TRUE(client->at_end());
    const auto one = idle_client(stays);
    const auto two = idle_client(stays);
    EXPECT_EQ(limit->open(), 2U);
}

/// While it lives, this process may open so many files more.
class FilesLeft {
public:
    explicit FilesLeft(std::size_t count) {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        std::vector<FileDescriptor> taken;  // the lowest numbers come first
        while (taken.size() <= count) taken.emplace_back(::dup(STDIN_FILENO));
        rlimit now = before_;
        now.rlim_cur = static_cast<rlim_t>(taken.back().get());
        EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &now), 0);
    }
    ~FilesLeft() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    FilesLeft(const FilesLeft&) = delete;
    FilesLeft& operator=(const FilesLeft&) = delete;

private:
    rlimit before_{};
};

GREENLET_TEST(ConnectionLimit, GivesUpTheLongestIdleIfNoFileMayBeOpened) {
#if defined(__SANITIZE_ADDRESS__)
    // UBSan probes memory through a pipe: without descriptors it takes every object for a broken one.
    GTEST_SKIP() << "the sanitizer needs descriptors itself";
#endif
    LimitWaiting waiting;
    ServedApplication served{waiting.application};
    const auto oldest = idle_client(served);
    const auto younger = idle_client(served);
    served.server.stop_accepting();
    Client newcomer{served.address()};
    newcomer.send(get("/b"));
    Client another{served.address()};
    another.send(get("/c"));
    {
        const FilesLeft none{0};
        served.server.start_accepting();
        EXPECT_EQ(newcomer.brief(), "200 /b");
        EXPECT_EQ(another.brief(), "200 /c");
    }
    EXPECT_TRUE(oldest->at_end());
    EXPECT_TRUE(younger->at_end());
    EXPECT_EQ(served.server.connections(), 2U);
    EXPECT_THAT(served.errors, ElementsAre(HasSubstr("no further file may be opened")));
}

GREENLET_TEST(ConnectionLimit, GivesUpNobodyWhoseRequestIsThereIfNoFileMayBeOpened) {
#if defined(__SANITIZE_ADDRESS__)
    // UBSan probes memory through a pipe: without descriptors it takes every object for a broken one.
    GTEST_SKIP() << "the sanitizer needs descriptors itself";
#endif
    LimitWaiting waiting;
    ServedApplication served{waiting.application};
    {
        const Client silent{served.address()};  // a look at who comes next would be one in vain
        let_the_hub_turn();
    }
    let_the_hub_turn();
    served.server.stop_accepting();
    Client first{served.address()};
    first.send(get("/a"));
    Client second{served.address()};
    second.send(get("/b"));
    {
        const FilesLeft one{1};
        served.server.start_accepting();
        EXPECT_EQ(first.brief(), "200 /a");
        EXPECT_EQ(second.brief(), "200 /b");
    }
    EXPECT_TRUE(first.at_end());
}

}  // namespace
}  // namespace grove::test
