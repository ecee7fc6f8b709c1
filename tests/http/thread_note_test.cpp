// What a thread is at, as its crash tells it. A-057
#include <grove/http/thread_note.h>

#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "note_of_thread.h"

namespace grove::http {
namespace {

std::string told() {
    RequestNote note;
    if (!note_of_thread(note)) return "nothing";
    EXPECT_TRUE(note.certain());
    return note.text() + " " + note.id() + note.mount();
}

TEST(ThreadNote, IsToldWhileItLivesTheNewestFirst) {
    EXPECT_EQ(told(), "nothing");
    {
        const ThreadNote outer{"GET", "/outer", "1"};
        EXPECT_EQ(told(), "GET /outer 1");
        {
            const ThreadNote inner{"POST", "/inner", ""};
            EXPECT_EQ(told(), "POST /inner ");
        }
        EXPECT_EQ(told(), "GET /outer 1");
    }
    EXPECT_EQ(told(), "nothing");
}

TEST(ThreadNote, MayEndBeforeANewerOne) {
    auto first = std::make_unique<ThreadNote>("GET", "/first", "1");
    auto second = std::make_unique<ThreadNote>("GET", "/second", "2");
    const ThreadNote third{"GET", "/third", "3"};
    second.reset();
    EXPECT_EQ(told(), "GET /third 3");
    first.reset();
    EXPECT_EQ(told(), "GET /third 3");
}

TEST(ThreadNote, IsOfItsOwnThreadAlone) {
    const ThreadNote here{"GET", "/here", "1"};
    std::thread{[] {
        EXPECT_EQ(told(), "nothing");
        const ThreadNote there{"GET", "/there", "2"};
        EXPECT_EQ(told(), "GET /there 2");
    }}.join();
    EXPECT_EQ(told(), "GET /here 1");
}

TEST(ThreadNote, CopiesWhatItIsGivenAndCutsIt) {
    std::string path(5000, 'p');
    const ThreadNote note{"GET", path, std::string(5000, 'i')};
    path.assign(5000, 'x');
    RequestNote blamed;
    ASSERT_TRUE(note_of_thread(blamed));
    EXPECT_EQ(blamed.text(), "GET " + std::string(RequestNote::kMostBytes - 4, 'p'));
    EXPECT_EQ(blamed.id(), std::string(128, 'i'));
    {
        const ThreadNote method{std::string(5000, 'M'), "/path", ""};
        EXPECT_EQ(told(), std::string(RequestNote::kMostBytes - 1, 'M') + "  ");
    }
}

}  // namespace
}  // namespace grove::http
