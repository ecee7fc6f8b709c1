// Applications around applications: StartResponse and Write made of functions, chain(), Environ::shared().
#include <grove/http/middleware.h>

#include <cctype>
#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include <grove/http/file.h>
#include <grove/http/http_error.h>
#include <grove/testing.h>

#include "greenlet_test.h"
#include "served_application.h"
#include "temporary_folder.h"

namespace grove::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Piece = std::optional<std::string>;

std::string in_capitals(std::string_view text) {
    std::string capitals;
    for (const char letter : text)
        capitals += static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    return capitals;
}

/// Puts `word` before the reason and adds a field.
http::Middleware marked(std::string word) {
    return [word](http::Application inner) {
        return http::Application{[word, inner](http::Environ& environ, http::StartResponse& start) {
            http::StartResponse marking{
                [&](std::string status, http::Headers headers, std::exception_ptr exc_info) {
                    headers.emplace_back("X-Mark", word);
                    return start(status + " " + word, std::move(headers), std::move(exc_info));
                }};
            return inner(environ, marking);
        }};
    };
}

// What an inner application does with its start_response, around which nothing is changed.
struct Passing {
    int calls = 0;
    bool passed_exc_info = false;

    http::Application around(http::Application inner) {
        return [this, inner](http::Environ& environ, http::StartResponse& start) {
            http::StartResponse passing{
                [&](std::string status, http::Headers headers, std::exception_ptr exc_info) {
                    ++calls;
                    passed_exc_info = exc_info != nullptr;
                    return start(std::move(status), std::move(headers), std::move(exc_info));
                }};
            return inner(environ, passing);
        };
    }
};

GREENLET_TEST(Middleware, ChangesStatusAndFields) {
    const http::TestAnswer answer = http::call(http::chain(say_hello(), {marked("once")}));

    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.reason, "OK once");
    EXPECT_EQ(answer.header("content-type"), "text/plain");
    EXPECT_EQ(answer.header("x-mark"), "once");
    EXPECT_EQ(answer.body, "hello");
}

GREENLET_TEST(Middleware, CallsTheOuterOneWhenItLikes) {
    const http::Application late = [](http::Environ& environ, http::StartResponse& start) {
        std::string status;
        http::Headers fields;
        http::StartResponse noting{
            [&](std::string given, http::Headers headers, const std::exception_ptr&) {
                status = std::move(given);
                fields = std::move(headers);
                return http::Write{[](std::string_view) {}};
            }};
        http::Body body = say_hello()(environ, noting);
        const std::string* const text = http::one_text(body.content());
        fields.emplace_back("X-Length", std::to_string(text != nullptr ? text->size() : 0));
        start(std::move(status), std::move(fields));
        return body;
    };
    const http::TestAnswer answer = http::call(late);

    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("x-length"), "5");
    EXPECT_EQ(answer.body, "hello");
}

GREENLET_TEST(Middleware, OfChainStandsOutermostIfItIsFirst) {
    const http::Application both = http::chain(say_hello(), {marked("outer"), marked("inner")});

    EXPECT_EQ(http::call(both).header("x-mark"), "inner, outer");
    EXPECT_EQ(http::call(http::chain(say_hello(), {})).body, "hello");
}

TEST(Middleware, MustBeThereAndMakeAnApplication) {
    const http::Middleware none{};
    const http::Middleware makes_none = [](const http::Application&) {
        return http::Application{};
    };

    EXPECT_THROW(http::chain(nullptr, {}), std::invalid_argument);
    EXPECT_THROW(http::chain(say_hello(), {marked("a"), none}), std::invalid_argument);
    EXPECT_THROW(http::chain(say_hello(), {makes_none}), std::invalid_argument);
    EXPECT_THROW(http::Write{nullptr}, std::invalid_argument);
    EXPECT_THROW(http::StartResponse{nullptr}, std::invalid_argument);
}

GREENLET_TEST(InnerStartResponse, MayBeCalledOnce) {
    Passing passing;
    const http::TestAnswer answer =
        http::call(passing.around([](http::Environ&, http::StartResponse& start) {
            start("200 OK", {{"X-Call", "first"}});
            EXPECT_THROW(start("201 Created", {}), std::logic_error);
            return http::Body{"text"};
        }));

    EXPECT_EQ(passing.calls, 1);
    EXPECT_EQ(answer.header("x-call"), "first");
    EXPECT_THAT(answer.errors, IsEmpty());
}

GREENLET_TEST(InnerStartResponse, CountsACallThatItsFunctionThrewFrom) {
    http::StartResponse failing{
        [](const std::string&, const http::Headers&, const std::exception_ptr&) -> http::Write {
            throw std::runtime_error{"not now"};
        }};

    EXPECT_THROW(failing("200 OK", {}), std::runtime_error);
    EXPECT_THROW(failing("200 OK", {}), std::logic_error);
}

struct BadCall {
    const char* status;
    http::Headers headers;
    bool breaks_logic;  ///< std::logic_error itself; else std::invalid_argument
};

GREENLET_TEST(InnerStartResponse, RefusesWhatTheServersWouldRefuse) {
    const std::vector<BadCall> bad{
        {"OK", {}, false},
        {"99 Low", {}, false},
        {"100 Continue", {}, false},
        {"200 O\nK", {}, false},
        {"200 OK", {{"X Y", "z"}}, false},
        {"200 OK", {{"X", "a\r\nb"}}, false},
        {"200 OK", {{"Content-Length", "five"}}, false},
        {"200 OK", {{"Connection", "upgrade"}}, true},
        {"200 OK", {{"Transfer-Encoding", "chunked"}}, true},
    };
    Passing passing;
    const http::TestAnswer answer =
        http::call(passing.around([&](http::Environ&, http::StartResponse& start) {
            for (const BadCall& call : bad) {
                bool logic = true;
                try {
                    start(call.status, call.headers);
                    ADD_FAILURE() << call.status;
                } catch (const std::invalid_argument&) {
                    logic = false;
                } catch (const std::logic_error&) {
                }
                EXPECT_EQ(logic, call.breaks_logic) << call.status;
            }
            EXPECT_EQ(passing.calls, 0);
            start("200 OK", {});  // nothing was stored
            return http::Body{"text"};
        }));

    EXPECT_EQ(passing.calls, 1);
    EXPECT_EQ(answer.status, 200);
}

GREENLET_TEST(InnerStartResponse, PassesAnExceptionOutwards) {
    Passing passing;
    const http::TestAnswer replaced =
        http::call(passing.around([](http::Environ&, http::StartResponse& start) {
            start("200 OK", {{"X-Call", "first"}});
            start("500 Oh", {}, std::make_exception_ptr(std::runtime_error{"late"}));
            return http::Body{"sorry"};
        }));

    EXPECT_EQ(passing.calls, 2);
    EXPECT_TRUE(passing.passed_exc_info);
    EXPECT_EQ(replaced.status, 500);
    EXPECT_EQ(replaced.header("x-call"), "");
    EXPECT_EQ(replaced.body, "sorry");
}

GREENLET_TEST(InnerStartResponse, HasAnExceptionThrownAgainAfterTheHead) {
    Passing passing;
    const http::TestAnswer cut =
        http::call(passing.around([](http::Environ&, http::StartResponse& start) {
            start("200 OK", {})("begun");
            start("500 Oh", {}, std::make_exception_ptr(std::runtime_error{"too late"}));
            return http::Body{};
        }));

    EXPECT_EQ(cut.body, "begun");
    EXPECT_FALSE(cut.complete);
    EXPECT_THAT(cut.errors, ElementsAre(HasSubstr("too late")));
}

GREENLET_TEST(InnerWrite, ReachesTheOuterOne) {
    const http::Application shouting = [](http::Environ& environ, http::StartResponse& start) {
        http::StartResponse shout{
            [&](std::string status, http::Headers headers, std::exception_ptr exc_info) {
                const http::Write outer =
                    start(std::move(status), std::move(headers), std::move(exc_info));
                return http::Write{[outer](std::string_view data) { outer(in_capitals(data)); }};
            }};
        const http::Application inner = [](http::Environ&, http::StartResponse& started) {
            const http::Write write = started("200 OK", {});
            write("a");
            write("b");
            return http::Body{"c"};
        };
        return inner(environ, shout);
    };

    EXPECT_EQ(http::call(shouting).body, "ABc");
}

TEST(InnerWrite, IsTheSameInAllItsCopies) {
    std::string all;
    const http::Write first{[&all, count = 0](std::string_view data) mutable {
        all += std::to_string(++count) += data;
    }};
    http::Write other{[](std::string_view) {}};
    other = first;
    const http::Write copy{other};
    first("a");
    other("b");
    copy("c");
    EXPECT_EQ(all, "1a2b3c");
}

GREENLET_TEST(Middleware, MayAnswerInPlaceOfTheInner) {
    int calls = 0;
    const http::Application inner = [&](http::Environ&, http::StartResponse&) -> http::Body {
        ++calls;
        throw std::runtime_error{"broken"};
    };
    const http::Middleware guard = [](http::Application application) {
        return [application](http::Environ& environ, http::StartResponse& start) -> http::Body {
            if (environ["PATH_INFO"] == "/private") {
                start("403 Forbidden", {});
                return "no";
            }
            try {
                return application(environ, start);
            } catch (const std::runtime_error& error) {
                start("502 Bad Gateway", {}, std::current_exception());
                return error.what();
            }
        };
    };
    const http::Application guarded = http::chain(inner, {guard});

    EXPECT_EQ(http::call(guarded, {.target = "/private"}).body, "no");
    EXPECT_EQ(calls, 0);
    const http::TestAnswer answer = http::call(guarded);
    EXPECT_EQ(answer.status, 502);
    EXPECT_EQ(answer.body, "broken");
    EXPECT_THAT(answer.errors, IsEmpty());
    EXPECT_EQ(calls, 1);
}

enum class Form { kText, kPieces, kFile, kGenerator };
enum class Does { kPasses, kDrops, kChangesInPlace, kHoldsInAGenerator };

http::Body body_of(Form form, const std::string& file) {
    switch (form) {
        case Form::kText:
            return "text";
        case Form::kPieces:
            return {"te", "xt"};
        case Form::kFile:
            return http::File{.path = file};
        case Form::kGenerator:
            break;
    }
    return [left = 2]() mutable {
        --left;
        return left >= 0 ? Piece{left == 1 ? "te" : "xt"} : std::nullopt;
    };
}

http::Body changed(http::Body body, Does does) {
    switch (does) {
        case Does::kPasses:
            return body;
        case Does::kDrops:
            return "other";
        case Does::kChangesInPlace:
            body.content() = std::string{"changed"};
            return body;
        case Does::kHoldsInAGenerator:
            break;
    }
    return [kept = std::move(body), told = false]() mutable {
        return std::exchange(told, true) ? std::nullopt : Piece{"around it"};
    };
}

GREENLET_TEST(Middleware, HasEachBodyClosedOnceAndInsideOut) {
    const TemporaryFolder folder;
    const std::string file = folder.path() / "file";
    { std::ofstream{file} << "text"; }
    const std::vector<std::pair<Does, std::string>> rows{{Does::kPasses, "text"},
                                                         {Does::kDrops, "other"},
                                                         {Does::kChangesInPlace, "changed"},
                                                         {Does::kHoldsInAGenerator, "around it"}};
    for (const Form form : {Form::kText, Form::kPieces, Form::kFile, Form::kGenerator}) {
        for (const auto& [does, means] : rows) {
            std::vector<std::string> closed;
            const auto answered = [&, does = does](http::Environ&, http::StartResponse& start) {
                start("200 OK", {});
                http::Body inner = body_of(form, file);
                inner.on_close([&] { closed.emplace_back("inner"); });
                return changed(std::move(inner), does).on_close([&] {
                    closed.emplace_back("outer");
                });
            };
            const http::TestAnswer answer = http::call(answered);
            EXPECT_EQ(answer.body, means);
            EXPECT_TRUE(answer.complete);
            EXPECT_THAT(closed, ElementsAre("inner", "outer"))
                << static_cast<int>(form) << static_cast<int>(does);
        }
    }
}

// What is moved is handed on, what is not is copied: whichever of them the caller keeps stays as it was.
GREENLET_TEST(StartResponse, CopiesWhatIsNotMoved) {
    const http::TestAnswer answer = http::call([](http::Environ&, http::StartResponse& start) {
        const std::exception_ptr error = std::make_exception_ptr(std::runtime_error{"the first"});
        const std::string status = "500 Failed";
        const http::Headers headers{{"X-Name", "a value that is too long for a small text"}};
        http::Headers moved = headers;
        start(status, headers);
        start("501 Copied", headers, error);
        start("502 Moved", std::move(moved), error);
        start(std::string{status}, {{"X-Name", "the last"}}, error);
        EXPECT_EQ(status, "500 Failed");
        EXPECT_EQ(headers.at(0).second, "a value that is too long for a small text");
        EXPECT_NE(error, nullptr);
        return http::Body{};
    });
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.header("x-name"), "the last");
}

// Any mixture of texts: the status's type must not decide between the two forms of a call.
GREENLET_TEST(StartResponse, TakesFieldsThatAreWrittenOut) {
    const std::string name = "X-Name";
    const std::string_view value = "value";
    const std::vector<http::Application> applications{
        [&](http::Environ&, http::StartResponse& start) {
            start("200 OK", {{name, value}});
            return http::Body{};
        },
        [&](http::Environ&, http::StartResponse& start) {
            const std::string status = "200 OK";
            start(status, {{"X-Name", std::string{value}}});
            return http::Body{};
        },
        [&](http::Environ&, http::StartResponse& start) {
            start(std::string_view{"200 OK"}, {{"X-Name", "value"}});
            return http::Body{};
        },
        [&](http::Environ&, http::StartResponse& start) {
            start(std::to_string(200) + " OK", {{name, "value"}}, nullptr);
            return http::Body{};
        },
        [&](http::Environ&, http::StartResponse& start) {
            const http::Headers headers{{"X-Name", "value"}};
            start("200 OK", headers);
            return http::Body{};
        }};
    for (const http::Application& application : applications) {
        const http::TestAnswer answer = http::call(application);
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.header("x-name"), "value");
    }
}

GREENLET_TEST(Shared, IsHandedInwardsAndDiesAfterTheBody) {
    std::vector<std::string> journal;
    const auto hand_on = [&](http::Environ& environ, http::StartResponse& start) {
        EXPECT_EQ(environ.shared("user"), nullptr);
        environ.shared("user") =
            std::shared_ptr<std::string>{new std::string{"ada"}, [&](const std::string* user) {
                                             journal.push_back(*user + " gone");
                                             delete user;
                                         }};
        const http::Application inner = [](http::Environ& given, http::StartResponse& started) {
            started("200 OK", {});
            EXPECT_EQ(given.shared("other"), nullptr);
            return http::Body{*std::static_pointer_cast<std::string>(given.shared("user"))};
        };
        return inner(environ, start).on_close([&] { journal.emplace_back("closed"); });
    };
    ServedApplication served{hand_on};
    Client client{served.address()};
    for (int request = 0; request < 2; ++request) {
        client.send(get());
        EXPECT_EQ(client.brief(), "200 ada");
        let_the_hub_turn();
        EXPECT_THAT(std::exchange(journal, {}), ElementsAre("closed", "ada gone"));
    }
}

GREENLET_TEST(Shared, IsTheSameHoweverManyOthersThereAre) {
    const http::TestAnswer answer =
        http::call([](http::Environ& environ, http::StartResponse& start) {
            std::shared_ptr<void>& first = environ.shared("first");
            for (int i = 0; i < 100; ++i) environ.shared(std::to_string(i));
            first = std::make_shared<int>(1);
            EXPECT_EQ(&environ.shared("first"), &first);
            start("204 No Content", {});
            return http::Body{};
        });
    EXPECT_EQ(answer.status, 204);
}

}  // namespace
}  // namespace grove::test
