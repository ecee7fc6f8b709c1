// Flask and Django, as Debian has them.
#include <cstddef>
#include <cstdlib>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.h"
#include "wsgi_serving.h"

namespace grove {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class WsgiFrameworks : public WsgiServing {
protected:
    /// A form with a file of so many bytes.
    static std::string upload(const Serving& server, const std::string& target, std::size_t bytes) {
        const std::string body =
            "--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nnoted\r\n"
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f.bin\"\r\n"
            "Content-Type: application/octet-stream\r\n\r\n" +
            std::string(bytes, 'f') + "\r\n--b--\r\n";
        return server.ask("POST " + target + " HTTP/1.1",
                          "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: " +
                              std::to_string(body.size()) + "\r\n",
                          body);
    }
    /// The tests of that client.
    static void expect_that_all_pass(const std::string& client, const Serving& server, int tests) {
        const ProgramResult asked =
            run_program({"/usr/bin/python3", GROVE_TEST_WSGI "/" + client,
                         "http://127.0.0.1:" + std::to_string(server.port)});
        EXPECT_EQ(asked.exit_code, 0) << asked.errors;
        EXPECT_THAT(asked.errors, HasSubstr("\nRan " + std::to_string(tests) + " tests"));
    }
    /// Of a Set-Cookie field.
    static std::string cookie(const std::string& answer, const std::string& name) {
        const std::size_t at = answer.find(name + '=', answer.find("Set-Cookie:"));
        return at == answer.npos ? "none" : answer.substr(at, answer.find(';', at) - at);
    }
};

TEST_F(WsgiFrameworks, FlaskRuns) {
    const auto server = serve("\"apps\": [" + app("", "flask_app:app", "/flask") + "]");
    EXPECT_EQ(brief(server->get("/flask/?name=caf%C3%A9")), "200 hello caf\xc3\xa9");
    const std::string json = R"({"numbers": [1, 2, 39]})";
    EXPECT_THAT(server->ask("POST /flask/json HTTP/1.1",
                            "Content-Type: application/json\r\nContent-Length: " +
                                std::to_string(json.size()) + "\r\n",
                            json),
                AllOf(HasSubstr("\"sum\":42"), HasSubstr("\"url\":\"http://x/flask/\"")));
    EXPECT_EQ(brief(upload(*server, "/flask/upload", 100'000)), "200 f.bin 100000 noted");
    EXPECT_THAT(upload(*server, "/flask/upload", 1 << 20), StartsWith("HTTP/1.1 413 "));
    const std::string first = server->get("/flask/count");
    EXPECT_EQ(brief(server->ask("GET /flask/count HTTP/1.1",
                                "Cookie: " + cookie(first, "session") + "\r\n")),
              "200 2");
    EXPECT_THAT(body_of(server->get("/flask/stream")),
                AllOf(HasSubstr("line 0\n"), HasSubstr("line 2\n")));
    EXPECT_THAT(server->get("/flask/moved"),
                AllOf(StartsWith("HTTP/1.1 302 "), HasSubstr("\r\nLocation: /flask/\r\n")));
    EXPECT_THAT(server->ask("HEAD /flask/ HTTP/1.1"),
                AllOf(HasSubstr("\r\nContent-Length: 12\r\n"), EndsWith("\r\n\r\n")));
    EXPECT_THAT(server->get("/flask/broken"), StartsWith("HTTP/1.1 500 "));
    line_with(*server, "RuntimeError: a bug");
}

TEST_F(WsgiFrameworks, HttpbinAnswersRequestsAsItDoesElsewhere) {
    const auto server = serve(R"("apps": [{"app": "wsgi", "config": {"module": "httpbin:app"}}])");
    expect_that_all_pass("httpbin_client.py", *server, 13);
}

TEST_F(WsgiFrameworks, DjangosAdminServesAClientWithCookiesTokensAndFiles) {
    // As "collectstatic" gathers them: some of Debian's are links into other packages.
    const ProgramResult gathered =
        run_program({"/usr/bin/python3", "-c",
                     "import django.contrib.admin as admin, os, shutil, sys\n"
                     "shutil.copytree(os.path.dirname(admin.__file__) + '/static', sys.argv[1])",
                     file("static")});
    ASSERT_EQ(gathered.exit_code, 0) << gathered.errors;
    const auto server =
        serve("\"apps\": [" + app("", "django_app") +
              R"(, {"app": "static", "mount": "/static", "config": {"root": "static"}}],)"
              R"("limits": {"body": 4000000})");
    expect_that_all_pass("admin_client.py", *server, 7);
}

TEST_F(WsgiFrameworks, DjangoRunsWithItsAdmin) {
    const auto server = serve("\"apps\": [" + app("", "django_app") + "]");
    EXPECT_THAT(server->get("/admin/"),
                AllOf(StartsWith("HTTP/1.1 302 "), HasSubstr("Location: /admin/login/")));
    const std::string form = server->get("/admin/login/?next=/admin/");
    const std::string token = cookie(form, "csrftoken");
    const auto log_in = [&](const std::string& sent) {
        const std::string body =
            "username=ada&password=lovelace&next=/admin/&csrfmiddlewaretoken=" + sent;
        return server->ask("POST /admin/login/ HTTP/1.1",
                           "Content-Type: application/x-www-form-urlencoded\r\nCookie: " + token +
                               "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n",
                           body);
    };
    EXPECT_THAT(log_in("forged"), StartsWith("HTTP/1.1 403 "));
    const std::string entered = log_in(token.substr(token.find('=') + 1));
    EXPECT_THAT(entered,
                AllOf(StartsWith("HTTP/1.1 302 "), HasSubstr("\r\nLocation: /admin/\r\n")));
    EXPECT_THAT(
        server->ask("GET /admin/ HTTP/1.1", "Cookie: " + cookie(entered, "sessionid") + "\r\n"),
        AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("Site administration")));
    EXPECT_EQ(brief(upload(*server, "/upload", 100)), "200 f.bin 100 InMemoryUploadedFile");
    EXPECT_EQ(brief(upload(*server, "/upload", 300'000)), "200 f.bin 300000 TemporaryUploadedFile");
    EXPECT_THAT(server->get("/file"), AllOf(HasSubstr("\r\nContent-Length: "),
                                            HasSubstr("\"\"\"A Django project in one file")));
    EXPECT_THAT(body_of(server->get("/stream")),
                AllOf(HasSubstr("line 0\n"), HasSubstr("line 2\n")));
    EXPECT_THAT(server->ask("GET / HTTP/1.1"), StartsWith("HTTP/1.1 404 "));
}

// Beside its configuration, in which only the port is the test's.
TEST_F(WsgiFrameworks, ANewProjectDoesWhatItsReadmeSays) {
    const auto in_folder = [this](const std::string& command) {
        return run_program({"/bin/sh", "-c", "cd \"$1\" && " + command, "sh",
                            folder_.path().string(), GROVE_TEST_BINARY});
    };
    const ProgramResult made = in_folder("exec \"$2\" new --wsgi guests");
    ASSERT_EQ(made.exit_code, 0) << made.errors;
    const ProgramResult tested = in_folder("cd guests && exec /usr/bin/python3 -m unittest");
    EXPECT_EQ(tested.exit_code, 0);
    EXPECT_THAT(tested.errors, HasSubstr("Ran 2 tests"));
    EXPECT_THAT(in_folder("exec \"$2\" check guests/guests.json").output,
                EndsWith("guests.json: ok\n"));

    ::setenv("LISTEN", "127.0.0.1:0", 1);
    Serving server{serve_command({file("guests/guests.json")}), file("output")};
    ::unsetenv("LISTEN");
    EXPECT_EQ(brief(server.get("/?name=Ada")), "200 Hello, Ada!\n");
    EXPECT_THAT(
        server.ask("POST /sum HTTP/1.1", "Content-Type: application/json\r\nContent-Length: 23\r\n",
                   R"({"numbers": [1, 2, 39]})"),
        HasSubstr("\"sum\":42"));
    EXPECT_THAT(line_with(server, "INFO guests: adding 3 numbers"), HasSubstr(" (request "));
    EXPECT_THAT(server.get("/static/about.txt"), StartsWith("HTTP/1.1 200 "));

    ASSERT_EQ(in_folder("sed -i s/Hello/Welcome/ guests/guests.py").exit_code, 0);
    line_with(server, "reload: the new workers serve");
    while (brief(server.get("/?name=Ada")) !=
           "200 Welcome, Ada!\n") {  // the former worker may have taken a client yet
    }
}

}  // namespace
}  // namespace grove
