// What compress sends, decoded by the tools of each coding and by curl (R-040).
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "client_test.h"

namespace grove {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct Coding {
    const char* name;
    const char* tool;
};

const std::vector<Coding> kCodings{{"gzip", "gzip"}, {"br", "brotli"}, {"zstd", "zstd"}};

class Decoders : public ClientTest {
protected:
    Decoders() : ClientTest{"curl"} {}

    void SetUp() override {
        ClientTest::SetUp();
        if (IsSkipped()) return;
        for (const Coding& coding : kCodings) {
            const auto found =
                run_program({"/bin/sh", "-c", std::string{"command -v "} + coding.tool});
            if (found.exit_code != 0) GTEST_SKIP() << coding.tool << " is not installed";
        }
        // Several times what compress() takes at a time, and what does not compress at all.
        shell(
            "mkdir site; seq 1 60000 >site/page.txt; head -c 300000 /dev/urandom >site/random.txt");
        serve(R"("around": [{"app": "compress", "config":
            {"types": ["text/*", "application/octet-stream"]}}], )");
    }

    /// What the tool makes of the body, as one sum; the head is in the file `head`.
    std::string decoded(const Coding& coding, const std::string& target) const {
        const ProgramResult result = shell(
            std::string{"curl -sS --max-time 60 -D head -H 'Accept-Encoding: "} + coding.name +
            "' '" + url(target) + "' >encoded && " + coding.tool + " -dc <encoded | sha256sum");
        EXPECT_EQ(result.exit_code, 0) << result.errors;
        EXPECT_EQ(result.errors, "");
        return result.output;
    }
};

TEST_F(Decoders, GetWholeAnswers) {  // R-040
    for (const char* page : {"page.txt", "random.txt"}) {
        const std::string plain = shell(std::string{"sha256sum <site/"} + page).output;
        for (const Coding& coding : kCodings) {
            SCOPED_TRACE(std::string{page} + ' ' + coding.name);
            EXPECT_EQ(decoded(coding, std::string{"/files/"} + page), plain);
            EXPECT_THAT(content_of("head"),
                        HasSubstr(std::string{"\r\nContent-Encoding: "} + coding.name + "\r\n"));
            EXPECT_THAT(content_of("head"), Not(HasSubstr("\r\nContent-Length: ")));
        }
    }
    stop();
}

TEST_F(Decoders, GetStreamedPieces) {  // R-040
    const std::string plain = shell("head -c 3500000 /dev/zero | tr '\\0' . | sha256sum").output;
    for (const Coding& coding : kCodings) {
        SCOPED_TRACE(coding.name);
        EXPECT_EQ(decoded(coding, "/stream?chunks=50&size=70000"), plain);
        EXPECT_THAT(content_of("head"),
                    HasSubstr(std::string{"\r\nContent-Encoding: "} + coding.name + "\r\n"));
        EXPECT_LT(content_of("encoded").size(), 100'000U);
    }
    stop();
}

TEST_F(Decoders, GetEachEventAsItComes) {  // R-040: the stream is open when its first event is read
    for (const Coding& coding : kCodings) {
        const ProgramResult result =
            shell(std::string{"curl -sSN --max-time 60 --compressed -H 'Accept-Encoding: "} +
                  coding.name + "' -D head " + url("/events/clock") + " | grep -m 1 '^data: '");
        EXPECT_THAT(result.output, StartsWith("data: ")) << coding.name << '\n' << result.errors;
        EXPECT_THAT(content_of("head"),
                    HasSubstr(std::string{"\r\nContent-Encoding: "} + coding.name + "\r\n"));
    }
    stop();
}

TEST_F(Decoders, GetWhatCurlAsksFor) {  // R-040: all that it knows, in one field
    const std::string plain = shell("sha256sum <site/page.txt").output;
    const ProgramResult result = shell("curl -sS --max-time 60 --compressed -D head " +
                                       url("/files/page.txt") + " | sha256sum");
    EXPECT_EQ(result.output, plain);
    EXPECT_THAT(content_of("head"), HasSubstr("\r\nContent-Encoding: "));
    // the same over one connection: no byte is left over
    EXPECT_EQ(shell("curl -sS --max-time 60 --compressed -w '%{num_connects}\\n' -o one -o two " +
                    url("/files/page.txt") + ' ' + url("/stream"))
                  .output,
              "1\n0\n");
    EXPECT_EQ(shell("sha256sum <one").output, plain);
    EXPECT_EQ(content_of("two"), std::string(10'240, '.'));
    stop();
}

}  // namespace
}  // namespace grove
