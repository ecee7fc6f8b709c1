// page.h - the HTML of the welcome page.
#pragma once

#include <string>
#include <string_view>
#include <vector>

struct Link {
    std::string name;
    std::string target;
};

/// The same for every client, but for what is told of the answer.
class WelcomePage {
public:
    explicit WelcomePage(const std::vector<Link>& links);

    /// @param answered  plain text: "over HTTP/1.1 by one of several processes"
    [[nodiscard]] std::string text(std::string_view answered) const;

private:
    std::string begin_;
    std::string end_;
};
