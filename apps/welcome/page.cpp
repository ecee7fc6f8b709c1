#include "page.h"

#include <grove/core/version.h>

namespace {

constexpr std::string_view kBegin = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>grove</title>
<link rel="icon" href="data:,">
<style>
:root { color-scheme: light dark; --ink: #1c2b22; --soft: #5c6f63; --line: #dfe8e1; --leaf: #2f7d4f; --paper: #fbfdfb; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6efe9; --soft: #93a69a; --line: #2a3830; --leaf: #7fcf9c; --paper: #121a15; }
}
body { margin: 0; background: var(--paper); color: var(--ink); font: 17px/1.55 system-ui, sans-serif; }
main { max-width: 34rem; margin: 12vh auto 3rem; padding: 0 1.5rem; }
h1 { margin: 0; font-size: 2.6rem; letter-spacing: -.03em; }
h1 small { font-size: 1rem; font-weight: 400; letter-spacing: 0; color: var(--soft); }
ul { margin: 2rem 0; padding: 0; list-style: none; border-top: 1px solid var(--line); }
li { display: flex; justify-content: space-between; padding: .7rem 0; border-bottom: 1px solid var(--line); }
a { color: var(--leaf); font-weight: 600; text-decoration: none; }
a:hover { text-decoration: underline; }
code, footer { color: var(--soft); font-size: .9rem; }
</style>
</head>
<body>
<main>
<h1>grove <small>)" GROVE_VERSION R"(</small></h1>
<p>This server runs: a greenlet for each request, a bounded pool of them, and the applications that its
configuration mounts.</p>
)";

std::string escaped(std::string_view text) {
    std::string result;
    for (const char c : text) {
        switch (c) {
            case '&':
                result += "&amp;";
                break;
            case '<':
                result += "&lt;";
                break;
            case '>':
                result += "&gt;";
                break;
            case '"':
                result += "&quot;";
                break;
            default:
                result += c;
        }
    }
    return result;
}

std::string list_of(const std::vector<Link>& links) {
    std::string list;
    for (const Link& link : links) {
        const std::string target = escaped(link.target);
        list += "<li><a href=\"" + target + "\">" + escaped(link.name) + "</a> <code>" + target +
                "</code></li>\n";
    }
    return list.empty() ? list : "<ul>\n" + list + "</ul>\n";
}

}  // namespace

WelcomePage::WelcomePage(const std::vector<Link>& links)
    : begin_{std::string{kBegin} + list_of(links) + "<footer>Answered "},
      end_{"</footer>\n</main>\n</body>\n</html>\n"} {}

std::string WelcomePage::text(std::string_view answered) const {
    return begin_ + escaped(answered) + end_;
}
