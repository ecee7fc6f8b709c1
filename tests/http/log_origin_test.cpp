// What lines of a mount's greenlets end with. A-043
#include "log_origin.h"

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/http/dump.h>
#include <grove/http/log.h>

#include "dump_lines.h"
#include "greenlet_test.h"

namespace grove::http {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct OriginLog {
    std::vector<std::string> lines{};
    OriginLog() {
        set_log([this](LogLevel, std::string_view line) { lines.emplace_back(line); });
    }
    ~OriginLog() { set_log({}); }
    OriginLog(const OriginLog&) = delete;
    OriginLog& operator=(const OriginLog&) = delete;
};

GREENLET_TEST(LogOrigin, IsOfTheMountWhoseFactoryRuns) {
    OriginLog own;
    {
        const OriginOfMount origin{"/a\n/"};
        log(LogLevel::kInfo, "within");
    }
    log(LogLevel::kInfo, "behind");
    const OriginOfMount root{"/"};
    log(LogLevel::kInfo, "root");
    EXPECT_THAT(own.lines, ElementsAre("within (mount /a\\x0a)", "behind", "root"));
}

GREENLET_TEST(LogOrigin, IsInheritedByWhatAFactoryMakesAndByNothingElse) {
    OriginLog own;
    Event go;
    const auto waiting = [&](const char* text) {
        return spawn([&go, text] {
            go.wait();
            log(LogLevel::kInfo, text);
        });
    };
    std::vector<AnyGreenlet> made{waiting("before")};
    {
        const OriginOfMount origin{"/app"};
        made.push_back(waiting("during"));
    }
    made.push_back(waiting("after"));
    sleep();
    go.set();
    for (const AnyGreenlet& one : made) one.join();
    EXPECT_THAT(own.lines, ElementsAre("before", "during (mount /app)", "after"));
}

// Whoever asks for the dump: as the admin's request does, which has an origin of its own.
GREENLET_TEST(LogOrigin, IsOfTheMountWhoseFactoryHasAddedToTheDump) {
    struct Leaving {
        ~Leaving() { log(LogLevel::kInfo, "leaves"); }
    };
    OriginLog own;
    on_dump([](std::ostream&) { log(LogLevel::kInfo, "of none"); });
    {
        const OriginOfMount origin{"/app"};
        on_dump([kept = std::make_shared<const Leaving>()](std::ostream&) {
            log(LogLevel::kInfo, "of a mount");
        });
    }
    {
        const OriginOfMount asks{"/other"};
        EXPECT_THAT(dump_lines(), IsEmpty());
    }
    forget_dumps();
    EXPECT_THAT(own.lines,
                ElementsAre("of none", "of a mount (mount /app)", "leaves (mount /app)"));
}

}  // namespace
}  // namespace grove::http
