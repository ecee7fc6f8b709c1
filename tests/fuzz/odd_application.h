// odd_application.h - an application that does anything that one can do: at each call what its script says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <grove/core/greenlet.h>
#include <grove/http/application.h>

namespace grove::fuzz {

class OddApplication {
public:
    /// A new input: at its n-th call it does what the n-th byte says, and then begins anew.
    void begin(std::vector<std::uint8_t> script) {
        script_ = std::move(script);
        calls_ = 0;
    }

    http::Body operator()(http::Environ& environ, http::StartResponse& start) {
        using namespace http;
        const std::uint8_t what = script_.empty() ? 0 : script_[calls_++ % script_.size()];
        switch (what % 16U) {
            case 0:
                start("200 OK", {});
                return Body{environ.input().read()};
            case 1:
                start("200 OK", {{"Content-Type", "text/plain"}});
                return Body{"unread"};
            case 2:
                throw std::runtime_error{"an application that fails"};
            case 3:
                start("200 OK", {});
                return generator(what / 16, false).trailers([] {
                    return http::Headers{{"X-Sum", "1"}};
                });
            case 4:
                start("200 OK", {});
                return generator(what / 16, true);
            case 5:
                environ.input().read(what / 16);
                start("200 OK", {{"Connection", "close"}});
                return Body{"some"};
            case 6:
                start("200 OK", {{"Content-Length", std::to_string(what / 16)}});
                return Body{"eight..."};
            case 7:
                return read_in_lines(environ, start);
            case 8:
                start("204 No Content", {});
                return Body{""};
            case 9:
                kept_input_ = environ.input();
                return write_late(start);
            case 10:
                start("200 OK", {});
                throw std::runtime_error{"a head that was not sent"};
            case 11:
                grove::sleep();
                environ.input().read(1);
                grove::sleep();
                start("200 OK", {});
                return generator(3, false);
            case 12: {
                const Write write = start("200 OK", {});
                write("sent");
                throw std::runtime_error{"too late for a 500"};
            }
            case 13:
                start("304 Not Modified", {});
                return Body{"not sent"};
            case 14:
                start("200 OK", {});
                return Body{std::string(std::size_t{what / 16U} * 9000U, 'x')};
            default:
                environ.input().read_all(20);
                start("200 OK", {});
                return generator(1, false).on_close([] {});
        }
    }

private:
    static http::Body generator(int pieces, bool throws) {
        return http::Body{[pieces, throws]() mutable -> std::optional<std::string> {
            if (pieces-- > 0) return std::string(static_cast<std::size_t>(pieces) * 700, 'g');
            if (throws) throw std::runtime_error{"a generator that fails"};
            return std::nullopt;
        }};
    }

    static http::Body read_in_lines(http::Environ& environ, http::StartResponse& start) {
        std::string text;
        for (const std::string& line : environ.input()) text += std::to_string(line.size()) + " ";
        start("200 OK", {});
        return http::Body{std::move(text)};
    }

    http::Body write_late(http::StartResponse& start) {
        try {
            if (kept_) (*kept_)("late");
        } catch (const std::logic_error&) {  // its response has ended
        }
        try {
            if (kept_input_) kept_input_->read();
        } catch (const http::BadRequest&) {  // its request has ended
        }
        kept_ = start("200 OK", {});
        (*kept_)("early ");
        return http::Body{"end"};
    }

    std::vector<std::uint8_t> script_;
    std::size_t calls_ = 0;
    std::optional<http::Write> kept_;  // a write() that outlives its request
    std::optional<http::Input> kept_input_;
};

}  // namespace grove::fuzz
