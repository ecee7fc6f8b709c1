// An application of grove::web, called in process as a browser would.
#include <grove/testing.h>
#include <grove/web.h>

#include <iostream>
#include <string>

int main() {
    using namespace grove;
    web::Router router;
    router.post("/notes", [](web::Request& request) {
        return web::redirect("/notes/1")
            .cookie({.name = "last",
                     .value = web::percent_encode(request.form().get("text").value_or(""))});
    });
    router.get("/notes/{id:uint}", [](web::Request& request) {
        return web::text(std::to_string(request.path<std::uint64_t>("id")) + ": " +
                         web::percent_decode(request.cookie("last").value_or("")).value_or("?"));
    });

    http::TestClient browser{router};
    const http::TestAnswer added = browser.post(
        "/notes", "text=a+note", {{"Content-Type", "application/x-www-form-urlencoded"}});
    const http::TestAnswer note = browser.get(added.header("location"));
    std::cout << note.body << '\n';
    return note.body == "1: a note" ? 0 : 1;
}
