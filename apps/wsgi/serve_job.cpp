#include "serve_job.h"

#include <charconv>
#include <exception>
#include <optional>
#include <string>
#include <utility>

#include <grove/pool/group_scope.h>

namespace grove::wsgi {
namespace {

/// nullopt: it comes in chunks.
std::optional<std::size_t> length_of_body(const http::Environ& environ) {
    if (environ.get("HTTP_TRANSFER_ENCODING")) return std::nullopt;
    const std::string_view told = environ["CONTENT_LENGTH"];
    std::size_t length = 0;
    std::from_chars(told.data(), told.data() + told.size(), length);
    return length;
}

bool expects_continue(const http::Environ& environ) {
    return environ.get("HTTP_EXPECT").has_value();
}

// Beside the greenlet that sends: a client that is slow with its body does not hold what an application makes
// meanwhile, nor the other way round.
void feed(Job& job, http::Input& input) {
    try {
        for (bool end = false; !end;) {
            const Wanted wanted = job.take_wanted();
            const auto most = static_cast<std::ptrdiff_t>(wanted.bytes);
            std::string bytes = wanted.line ? input.readline(most) : input.read(most);
            end = bytes.empty() || (!wanted.line && bytes.size() < wanted.bytes);
            job.give(std::move(bytes), end);
        }
    } catch (const std::exception&) {  // the request's end, which serve_job() meets
        job.fail_input(std::current_exception());
    }
}

/// Sends what comes of one answer.
class Sender {
public:
    Sender(Job& job, http::StartResponse& start_response) : job_{job}, start_{start_response} {}

    /// @return the rest of the answer, once it has ended
    std::optional<http::Body> send(Made made) {
        if (made.head)
            write_.emplace(start_(std::move(made.head->status), std::move(made.head->headers)));
        const bool is_all = made.end == Made::End::kWhole && !made.file;
        if (is_all && made.head) return http::Body{std::move(made.bytes)};
        if (!made.bytes.empty()) (*write_)(made.bytes);
        if (!made.large.empty()) (*write_)(made.large);
        if (made.end == Made::End::kFailed) throw ApplicationFailed{made.failure};
        if (made.file) return http::Body{std::move(*made.file)};
        // Never sent: it makes the head of a body whose length nobody knows.
        if (made.end == Made::End::kCut && made.head) (*write_)("-");
        if (made.end != Made::End::kNone) return http::Body{};
        job_.sent();
        return std::nullopt;
    }

private:
    Job& job_;
    http::StartResponse& start_;
    std::optional<http::Write> write_;
};

}  // namespace

std::shared_ptr<Job> make_job(http::Environ& environ, std::shared_ptr<Mailbox> mailbox,
                              const std::optional<std::size_t>& most) {
    const std::optional<std::size_t> length = length_of_body(environ);
    std::string body;
    bool is_whole = length == 0U;
    if (!is_whole && most && !expects_continue(environ) && length.value_or(0) <= *most) {
        body = environ.input().read(static_cast<std::ptrdiff_t>(*most) + 1);
        is_whole = body.size() <= *most;
    }
    return std::make_shared<Job>(std::move(mailbox), RequestText{environ}, std::move(body),
                                 is_whole);
}

http::Body serve_job(Job& job, http::Environ& environ, http::StartResponse& start_response) {
    std::optional<GroupScope> feeding;  // few requests need it
    if (!job.body_is_whole)
        feeding.emplace().spawn({.name = "wsgi.input"}, [&] { feed(job, environ.input()); });
    Sender sender{job, start_response};
    for (;;) {
        if (std::optional<http::Body> rest = sender.send(job.take())) {
            if (feeding) feeding->kill();
            return std::move(*rest);
        }
    }
}

}  // namespace grove::wsgi
