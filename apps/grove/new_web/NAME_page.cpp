#include "@NAME@_page.h"

#include <grove/web.h>

using grove::web::html_escape;  // what a client sent is text, whatever it looks like

namespace {

std::string hidden_token(const Page& page) {
    return R"(<input type="hidden" name="csrf_token" value=")" + html_escape(page.csrf_token) +
           "\">\n";
}

}  // namespace

std::string show(const Page& page, const std::deque<Entry>& entries) {
    const std::string title = html_escape(page.title);
    std::string html = "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>" +
                       title + "</title>\n<link rel=\"stylesheet\" href=\"/static/style.css\">\n" +
                       "<h1>" + title + "</h1>\n";
    if (!page.fault.empty()) html += "<p role=\"alert\">" + html_escape(page.fault) + "</p>\n";
    html += "<form method=\"post\" action=\"/\">\n" + hidden_token(page) +
            R"(<label>Name <input name="name" maxlength="60" required value=")" +
            html_escape(page.visitor) + "\"></label>\n" +
            R"(<label>Text <textarea name="text" maxlength="1000" required></textarea></label>)" +
            "\n<button>Sign</button>\n</form>\n";
    if (!page.visitor.empty()) {
        html += "<form method=\"post\" action=\"/forget\">\n" + hidden_token(page) +
                "<button>Forget me</button>\n</form>\n";
    }
    html += "<ul>\n";
    for (const Entry& entry : entries) {
        html +=
            "<li><b>" + html_escape(entry.name) + "</b>: " + html_escape(entry.text) + "</li>\n";
    }
    return html + "</ul>\n</html>\n";
}
