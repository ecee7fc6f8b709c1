// request_rows.h - what a client may send, as it stands, beside what it must come to.
//
// The application answers with the path and, unless that is "/unread", with what it read of the body.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace grove::test {

struct RequestRow {
    std::string_view rule;  ///< The RFC's section, and the number of the project's specification.
    std::string bytes;
    /// The answers in their order, parted by "|": "200 /path body", "400 Bad Request". The server closes after
    /// the last, or because the client has finished.
    std::string_view means;
    int calls;  ///< Of the application.
};

/// Heads that are taken, and how long the connection stays.
std::vector<RequestRow> taken_heads();
/// Heads that are refused; each is followed by a good request.
std::vector<RequestRow> refused_heads();
/// Bodies, good ones and broken ones, and what comes behind them.
std::vector<RequestRow> bodies();

}  // namespace grove::test
