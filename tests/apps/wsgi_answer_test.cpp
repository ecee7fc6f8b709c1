// What Python applications answer, byte by byte: PEP 3333 by the built binary. The applications are in wsgi/rows.py, inside
// wsgiref.validate.
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wsgi_serving.h"

namespace grove {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class WsgiAnswer : public WsgiServing {};

TEST_F(WsgiAnswer, StartResponseRefusesInTheFrameOfItsCaller) {  // W-004 W-005 W-006
    const auto server = serve_rows();
    EXPECT_EQ(brief(server->get("/raw/refused")),
              "200 TypeError refused | TypeError refused | TypeError refused | TypeError refused | "
              "TypeError refused | TypeError refused | ValueError refused | ValueError refused | "
              "ValueError refused | ValueError refused | ValueError refused | ValueError refused | "
              "ValueError refused | ValueError refused | ValueError refused | ValueError refused | "
              "ValueError refused | ValueError refused | ValueError refused | "
              "second start_response was called twice without exc_info");
    EXPECT_EQ(brief(server->get("/replaced")), "404 replaced");
    EXPECT_EQ(brief(server->get("/raw/replaced_late")), "404 replaced");
    EXPECT_THAT(server->get("/too_late"), AllOf(HasSubstr("sent "), HasSubstr("raised too late")));
    EXPECT_THAT(server->get("/raw/too_late_for_nothing"),
                HasSubstr("exc_info must have an exception, not NoneType"));
}

TEST_F(WsgiAnswer, BodiesAreFramedByWhatTheyAre) {  // W-006 W-007 W-010 W-011
    const auto server = serve_rows(kOneThread);
    EXPECT_THAT(server->get("/raw/listed"),
                AllOf(HasSubstr("\r\nContent-Length: 3\r\n"), EndsWith("\r\n\r\nabc")));
    EXPECT_THAT(server->get("/raw/tupled"),
                AllOf(HasSubstr("\r\nContent-Length: 5\r\n"), EndsWith("\r\n\r\ntuple")));
    EXPECT_THAT(server->get("/raw/one"),
                AllOf(HasSubstr("\r\nContent-Length: 8\r\n"), EndsWith("\r\n\r\nonly one")));
    EXPECT_THAT(server->get("/empty"), EndsWith("\r\n\r\n"));
    EXPECT_THAT(server->get("/raw/late_start"),
                AllOf(StartsWith("HTTP/1.1 201 Created"), HasSubstr("late")));
    EXPECT_THAT(server->get("/length?4"),
                AllOf(HasSubstr("\r\nContent-Length: 4\r\n"), EndsWith("\r\n\r\nxxxx")));
    EXPECT_THAT(server->get("/length?6"), EndsWith("\r\n\r\nxxxx"));
    for (const char* const status : {"204+No+Content", "304+Not+Modified"})
        EXPECT_THAT(server->get(std::string{"/raw/bodiless?"} + status), EndsWith("\r\n\r\n"));

    // Pieces in their order, however they were gathered.
    EXPECT_EQ(whole_body_of(server->get("/generated")), "abc");
    std::string written;
    for (int i = 0; i < 10'000; ++i) written += std::to_string(10'000 + i).substr(1) + ' ';
    EXPECT_EQ(whole_body_of(server->get("/write_first")), written + "last");
    EXPECT_THAT(body_of(server->get("/closes")), HasSubstr("generated,write"));
}

TEST_F(WsgiAnswer, ABodyOfAnotherLengthThanItsHeadSaysIsToldOf) {  // W-011
    const auto server = serve_rows(kOneThread);
    EXPECT_THAT(server->get("/length?2"), EndsWith("\r\n\r\nxx"));
    line_with(*server, "GET /length: the application sent less than its Content-Length");
    EXPECT_THAT(server->get("/more_at_once"), EndsWith("\r\n\r\n1234"));
    line_with(*server, "GET /more_at_once: the application sent more than its Content-Length");
    EXPECT_EQ(brief(server->get("/closes")), "200 length,more");
}

TEST_F(WsgiAnswer, HeadHasTheHeadAloneAndLeavesAGenerator) {  // W-009 W-011
    const auto server = serve_rows(kOneThread);
    EXPECT_THAT(server->ask("HEAD /head HTTP/1.1"),
                AllOf(HasSubstr("\r\nTransfer-Encoding: chunked\r\n"), EndsWith("\r\n\r\n")));
    EXPECT_THAT(server->ask("HEAD /raw/listed HTTP/1.1"),
                AllOf(HasSubstr("\r\nContent-Length: 3\r\n"), EndsWith("\r\n\r\n")));
    EXPECT_THAT(server->ask("HEAD /raw/real_file HTTP/1.1"),
                AllOf(HasSubstr("\r\nContent-Length: "), EndsWith("\r\n\r\n")));
    EXPECT_EQ(brief(server->get("/closes")), "200 piece 0,head");
}

TEST_F(WsgiAnswer, AnApplicationThatFailsIsA500OrACutBodyAndHasItsTraceback) {  // W-012 W-013 W-009
    const auto server = serve_rows(kOneThread);
    EXPECT_THAT(server->get("/raises"), StartsWith("HTTP/1.1 500 "));
    line_with(*server, "Traceback (most recent call last):");
    EXPECT_THAT(line_with(*server, ", in raises"), HasSubstr(", in raises (request "));
    line_with(*server, "KeyError: 'of the application'");
    EXPECT_THAT(line_with(*server, "GET /raises"),
                HasSubstr("): grove::wsgi::ApplicationFailed: KeyError: 'of the application'"));

    EXPECT_THAT(server->get("/raises_later"), AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("begun"),
                                                    Not(HasSubstr("\r\n0\r\n"))));
    line_with(*server, "KeyError: 'of the generator'");
    EXPECT_THAT(server->get("/raw/text"), StartsWith("HTTP/1.1 500 "));
    line_with(*server, "TypeError: the body of a WSGI answer is made of bytes, not of str");
    EXPECT_THAT(server->get("/raw/no_start"), StartsWith("HTTP/1.1 500 "));
    line_with(*server, "AssertionError: the application did not call start_response");
    EXPECT_THAT(server->get("/raises_in_close"),
                AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("whole")));
    line_with(*server, "KeyError: 'of close'");
    EXPECT_EQ(brief(server->get("/closes")), "200 raises_later,raises_in_close");
}

TEST_F(WsgiAnswer, AFileIsSentFromWhereItStandsAndClosed) {  // W-009 W-016
    const auto server = serve_rows(kOneThread);
    std::string digits;
    for (int i = 0; i < 1000; ++i) digits += "0123456789";
    for (const char* const buffering : {"0", "4096"}) {
        EXPECT_THAT(server->get(std::string{"/raw/file?"} + buffering),
                    AllOf(HasSubstr("\r\nContent-Length: 9999\r\n"),
                          EndsWith("\r\n\r\n" + digits.substr(1))));
    }
    EXPECT_THAT(server->get("/raw/real_file"),
                HasSubstr("\r\n\r\nThe application of tests/apps/wsgi"));
    EXPECT_THAT(server->get("/raw/part_of_file?2"), EndsWith("\r\n\r\n34"));
    EXPECT_THAT(server->get("/raw/part_of_file?9"), EndsWith("\r\n\r\n3456789"));
    EXPECT_THAT(line_with(*server, "than its Content-Length"),  // the first one: not of 2 bytes
                HasSubstr("the application sent less"));
    EXPECT_THAT(body_of(server->get("/file_of_memory")), HasSubstr("of m"));
    EXPECT_EQ(brief(server->get("/closes")), "200 file,file");
}

TEST_F(WsgiAnswer, ObjectsOfARequestThatIsOverRefuse) {  // W-034
    const auto server = serve_rows();
    EXPECT_EQ(brief(server->get("/raw/keeps")), "200 kept");
    EXPECT_EQ(brief(server->get("/raw/late")), "200 ValueError RuntimeError RuntimeError");
}

TEST_F(WsgiAnswer, ModulesAreFoundByDottedNamesAndMadeByFactories) {  // "module"
    const auto server = serve("\"apps\": [" + app("", "rows:nested.deeper.application", "/n") +
                              ", " + app("", "rows:make('you', greeting='hi')", "/f") + "]");
    EXPECT_EQ(brief(server->get("/n")), "200 hello nested");
    EXPECT_EQ(brief(server->get("/f")), "200 hi you");
}

}  // namespace
}  // namespace grove
