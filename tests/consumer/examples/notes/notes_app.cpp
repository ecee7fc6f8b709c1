#include "notes_app.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <grove/postgres.h>
#include <grove/web.h>

#include "changes.h"

namespace http = grove::http;
namespace postgres = grove::postgres;
namespace web = grove::web;
using namespace std::chrono_literals;
using Json = nlohmann::json;

namespace {

constexpr std::size_t kLargestText = 10'000;
constexpr std::uint64_t kLargestFile = 10U << 20U;

web::Response answer(std::string json, int status = 200) {
    return web::json(std::move(json), status).header("Cache-Control", "no-store");
}

// Who is logged in, and the token that each change needs.
web::Response tell_session(web::Request& request) {
    const auto name = request.session().get("name");
    return answer(
        Json{{"user", name ? Json(*name) : Json()}, {"token", request.csrf_token()}}.dump());
}

web::Response log_out(web::Request& request) {
    request.session().clear();
    return tell_session(request);
}

std::string user_of(web::Request& request) {
    auto user = request.session().get("user");
    if (!user) throw web::HttpError{401, "log in first\n"};
    return *std::move(user);
}

// What the database can keep as a text, if it is UTF-8.
std::string plain(std::string text) {
    if (text.find('\0') != std::string::npos) throw web::HttpError{400, "that is not text\n"};
    return text;
}

// Passwords are guessed slowly; all else is limited by grove's configuration.
std::string guesser(http::Environ& environ) {
    const bool guesses = environ["REQUEST_METHOD"] == "POST" && environ["PATH_INFO"] == "/session";
    return guesses ? std::string{environ["REMOTE_ADDR"]} : "";
}

class Notes {
public:
    explicit Notes(const Json& config)
        : database_{config.at("database").get<std::string>()},
          files_{config.at("files").get<std::string>()} {
        std::filesystem::create_directories(files_);
    }

    void listen() { changes_.listen(database_); }

    // POST /session {"name": "ada", "password": "..."}
    web::Response log_in(web::Request& request) {
        std::string name, password;
        try {
            const Json body = Json::parse(request.text(4096));
            name = plain(body.at("name"));
            password = plain(body.at("password"));
        } catch (const Json::exception&) {
            throw web::HttpError{400, "want {\"name\": TEXT, \"password\": TEXT}\n"};
        }
        // An unknown name takes as long, so that nobody learns which names there are.
        const auto found = query(
            "SELECT id, crypt($2, coalesce(password, gen_salt('bf', 10))) = password AS fits "
            "FROM (SELECT $1::text AS name) asked LEFT JOIN users USING (name)",
            {name, password});
        if (!found[0].get<std::optional<bool>>("fits").value_or(false))
            throw web::HttpError{401, "name or password is wrong\n"};
        web::Session& session = request.session();
        session.clear();  // what it had may come from somebody else
        session.set("user", found[0].get<std::string>("id"));
        session.set("name", name);
        return tell_session(request);
    }

    // GET /notes
    web::Response list(web::Request& request) {
        const auto rows = query(
            "SELECT coalesce(json_agg(note), '[]') FROM (SELECT id, text, file FROM notes "
            "WHERE user_id = $1 ORDER BY id DESC LIMIT 100) note",
            {user_of(request)});
        return answer(rows[0].get<std::string>(0));
    }

    // POST /notes, a form: a text, and perhaps a file.
    web::Response add(web::Request& request) {
        const std::string user = user_of(request);
        const auto id = query("SELECT nextval('notes_id_seq')")[0].get<std::string>(0);
        std::string text;
        postgres::Param file = std::nullopt;
        try {
            for (web::Part& part : request.multipart()) {
                if (part.name() == "text") text = plain(part.text(kLargestText));
                if (part.name() != "file" || part.filename().empty()) continue;
                part.save(path_of(id), kLargestFile);
                file = part.filename();
            }
            if (text.empty()) throw web::HttpError{400, "a note needs a text\n"};
            query("INSERT INTO notes (id, user_id, text, file) VALUES ($1, $2, $3, $4)",
                  {id, user, text, file});
        } catch (...) {
            std::filesystem::remove(path_of(id));
            throw;
        }
        return answer(R"({"id": )" + id + "}", 201);
    }

    // DELETE /notes/7
    web::Response remove(web::Request& request) {
        const auto gone = query("DELETE FROM notes WHERE id = $1 AND user_id = $2 RETURNING id",
                                {request.path<std::int64_t>("id"), user_of(request)});
        if (gone.size() == 0) throw web::HttpError{404, "there is no such note\n"};
        std::filesystem::remove(path_of(gone[0].get<std::string>("id")));
        return web::empty();
    }

    // GET /notes/7/file. A file is never shown in the page: it may be a page of somebody else's.
    web::Response download(web::Request& request) {
        const auto found =
            query("SELECT id, file FROM notes WHERE id = $1 AND user_id = $2 AND file IS NOT NULL",
                  {request.path<std::int64_t>("id"), user_of(request)});
        if (found.size() == 0) throw web::HttpError{404, "there is no such file\n"};
        const std::string name = web::percent_encode(found[0].get<std::string>("file"));
        return web::file({path_of(found[0].get<std::string>("id"))})
            .header("Content-Disposition", "attachment; filename*=UTF-8''" + name)
            .header("Cache-Control", "private, no-cache");
    }

    // GET /events: an event for each change of the user's notes.
    web::Response events(web::Request& request) {
        const std::string user = user_of(request);
        changes_.follow(user, http::EventStream{request.environ(), request.start_response()});
        return web::started();
    }

private:
    postgres::Rows query(const std::string& sql, const postgres::Params& params = {}) {
        try {
            return pool_.acquire(5s)->query(sql, params);
        } catch (const postgres::PostgresError& error) {
            if (!error.sqlstate().starts_with("22")) throw;  // those are about the values
            throw web::HttpError{400, "that is not text\n"};
        } catch (const grove::Timeout& timeout) {
            if (timeout.id() != 0) throw;
            throw web::HttpError{503, "", {{"Retry-After", "5"}}};
        }
    }
    [[nodiscard]] std::string path_of(const std::string& id) const { return files_ + "/" + id; }

    const std::string database_, files_;
    postgres::Pool pool_{database_, {.size = 8, .idle = 60s}};
    Changes changes_;
};

web::Handler bound(const std::shared_ptr<Notes>& notes,
                   web::Response (Notes::*handler)(web::Request&)) {
    return [notes, handler](web::Request& request) { return (*notes.*handler)(request); };
}

}  // namespace

grove::http::Application make_notes(std::string_view text) {
    const Json config = Json::parse(text);
    const auto origins = config.value("origins", std::vector<std::string>{});
    const auto notes = std::make_shared<Notes>(config);
    grove::spawn({.name = "notes"}, [notes] { notes->listen(); });

    web::Router router;
    router.use(web::cors({.origins = origins,
                          .methods = {"GET", "HEAD", "POST", "DELETE"},
                          .headers = {"Content-Type", "X-CSRF-Token"},
                          .credentials = true}));
    router.use(web::rate_limit({.rate = 0.2, .burst = 5, .key = guesser}));
    router.use(web::sessions({.keys = config.at("keys"), .sealed = true}));
    router.use(web::csrf({.origins = origins}));
    router.get("/session", tell_session);
    router.post("/session", bound(notes, &Notes::log_in));
    router.del("/session", log_out);
    router.get("/notes", bound(notes, &Notes::list));
    router.post("/notes", bound(notes, &Notes::add));
    router.del("/notes/{id:int}", bound(notes, &Notes::remove));
    router.get("/notes/{id:int}/file", bound(notes, &Notes::download));
    router.get("/events", bound(notes, &Notes::events));
    return router;
}
