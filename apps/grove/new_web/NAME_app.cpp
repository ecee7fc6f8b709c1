#include "@NAME@_app.h"

#include <cstddef>
#include <memory>
#include <string_view>

#include <nlohmann/json.hpp>

#include <grove/web.h>

#include "@NAME@_page.h"

namespace web = grove::web;
using Json = nlohmann::json;

namespace {

constexpr std::size_t kLargestForm = 16384;  // more is answered with 413
constexpr std::size_t kLongestName = 240;    // bytes: 60 letters of any script
constexpr std::size_t kLongestText = 4000;
constexpr std::size_t kMostEntries = 100;  // after that the oldest goes

// In the memory of one worker, and gone with it: a database would come here.
struct Book {
    std::string title{};
    std::deque<Entry> entries{};
};

web::Response show_book(web::Request& request, const Book& book, std::string fault = {}) {
    const int status = fault.empty() ? 200 : 400;
    return web::html(show({.title = book.title,
                           .visitor = request.session().get("name").value_or(""),
                           .csrf_token = request.csrf_token(),
                           .fault = std::move(fault)},
                          book.entries),
                     status);
}

// POST / with a form, name=Ada&text=Hello. The browser then gets the page by itself: to load that
// again sends nothing twice.
web::Response sign(web::Request& request, Book& book) {
    const web::Fields& form = request.form(kLargestForm);
    const std::string name = form.get("name").value_or("");
    const std::string text = form.get("text").value_or("");
    if (name.empty() || name.size() > kLongestName)
        return show_book(request, book, "A name is wanted, of at most 60 letters.");
    if (text.empty() || text.size() > kLongestText)
        return show_book(request, book, "A text is wanted, of at most 1000 letters.");
    request.session().set("name", name);  // kept in the client's cookie, which the keys sign
    book.entries.push_front({.name = name, .text = text});
    if (book.entries.size() > kMostEntries) book.entries.pop_back();
    return web::redirect("/");
}

web::Response forget(web::Request& request) {
    request.session().clear();
    return web::redirect("/");
}

// GET /entries, for programs.
web::Response list(const Book& book) {
    Json entries = Json::array();
    for (const Entry& entry : book.entries)
        entries.push_back({{"name", entry.name}, {"text", entry.text}});
    // What a client sent need not be UTF-8: replaced, not thrown at.
    return web::json(entries.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace

grove::http::Application make_app(const Settings& settings) {
    const auto book = std::make_shared<Book>();
    book->title = settings.title;

    web::Router router;
    router.use(web::sessions({.keys = settings.keys}));
    router.use(web::csrf({.form_limit = kLargestForm}));
    router.get("/", [book](web::Request& request) { return show_book(request, *book); });
    router.post("/", [book](web::Request& request) { return sign(request, *book); });
    router.post("/forget", forget);
    router.get("/entries", [book](web::Request&) { return list(*book); });
    return router.application();
}
