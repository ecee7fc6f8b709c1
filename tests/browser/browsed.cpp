// browsed - what a browser is tried with: cookies of each kind, a session with a form, an upload, and what came.
#include <string>
#include <utility>

#include <grove/plugin.h>
#include <grove/web.h>

namespace {

namespace web = grove::web;

// GET /set?name=a&same_site=Lax&secure=1: a cookie.
web::Response set(web::Request& request) {
    return web::text("set").cookie({.name = request.query("name").value_or("a"),
                                    .value = "1",
                                    .secure = request.query("secure") == "1",
                                    .http_only = request.query("http_only") == "1",
                                    .same_site = request.query("same_site").value_or("")});
}

// What came, for scripts and for pages.
web::Response tell(web::Request& request) {
    return web::html(std::string{request.method()} + " [" +
                     std::string{request.environ()["HTTP_COOKIE"]} + "]")
        .header("X-Told", "told")
        .header("X-Kept", "kept");
}

web::Response form(web::Request& request) {
    return web::html(
        "<!DOCTYPE html><title>form</title><form method=post><input name=csrf_token value=\"" +
        request.csrf_token() + "\"><button>Send</button></form>" +
        request.session().get("signed").value_or("not signed"));
}

web::Response sign(web::Request& request) {
    request.session().set("signed", "signed");
    return web::redirect("form");
}

// "name|filename|bytes" of each part.
web::Response upload(web::Request& request) {
    std::string told;
    for (web::Part& part : request.multipart()) {
        told +=
            part.name() + '|' + part.filename() + '|' + std::to_string(part.text().size()) + '\n';
    }
    return web::text(told);
}

grove::http::Application make(std::string_view) {
    web::Router signed_in;
    signed_in.use(web::sessions({.keys = {std::string(32, 'k')}}));
    signed_in.use(web::csrf());
    signed_in.get("/form", form).post("/form", sign);

    web::Router router;
    router.get("/set", set).post("/upload", upload);
    router.route("GET,POST,PUT,DELETE", "/told", tell);
    router.get("/large", [](web::Request&) { return web::text(std::string(5000, 'a')); });
    router.mount("/signed", signed_in);
    return router.application();
}

}  // namespace

GROVE_PLUGIN(browsed, "1.0", make);
