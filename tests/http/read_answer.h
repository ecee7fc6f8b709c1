// read_answer.h - an answer's bytes, cut into reads, as a client's reader understands them: one line of text.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "answer_framing.h"
#include "scan.h"

namespace grove::test {

struct AskedFor {
    std::string_view method = "GET";
    std::string_view upgrade = "";
    std::size_t most = 65536;  // bytes of heads
};

/// "200 a=b body=text trailers c=d end rest=3"; "cut" in place of "end" if more must follow, and "closed" if the
/// connection's end is the body's; "refused 400" as soon as it is certain.
/// @param reads  how many of `bytes` have come after each read, ascending; the last is all
inline std::string read_answer(std::string_view bytes, const std::vector<std::size_t>& reads,
                               const AskedFor& asked = {}) {
    http::AnswerHeadReader reader{asked.upgrade, asked.most};
    std::unique_ptr<http::AnswerBodyReader> body;
    std::size_t consumed = 0;
    std::string said;
    std::string data;
    for (const std::size_t length : reads) {
        std::string copy{bytes.substr(consumed, length - consumed)};
        const std::size_t size = copy.size();
        copy.append(http::kScanPadding, 'x');
        std::string_view input{copy.data(), size};
        if (body == nullptr) {
            const auto result = reader.feed(input);
            if (result.refusal) return "refused " + std::to_string(result.refusal.status);
            consumed += result.consumed;
            if (!result.complete) continue;
            const http::AnswerHead& head = reader.head();
            said = std::to_string(head.status);
            for (const http::Field& field : head.fields())
                said += " " + std::string{field.name} + "=" + std::string{field.value};
            if (!head.keep_alive) said += " closes";
            body = std::make_unique<http::AnswerBodyReader>(asked.method, head, asked.most);
            input.remove_prefix(result.consumed);
        }
        while (!input.empty() && !body->ended()) {
            const auto piece = body->feed(input);
            if (piece.refusal) return "refused " + std::to_string(piece.refusal.status);
            if (piece.consumed == 0) return "stuck";
            data += piece.data;
            input.remove_prefix(piece.consumed);
            consumed += piece.consumed;
        }
    }
    if (body == nullptr) return "cut";
    said += " body=" + data;
    const bool ended = body->ended();
    if (const http::Headers trailers = body->take_trailers(); ended && !trailers.empty()) {
        said += " trailers";
        for (const auto& [name, value] : trailers) said += " " + name + "=" + value;
    }
    said += ended ? " end" : body->finish() ? " closed" : " cut";
    if (ended && consumed != bytes.size())
        said += " rest=" + std::to_string(bytes.size() - consumed);
    return said;
}

}  // namespace grove::test
