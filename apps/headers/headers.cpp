// headers - a middleware that changes the fields of answers.
//
// config: {"set": {NAME: VALUE or [VALUE, …]}, "remove": [NAME, …]}; a field that is set replaces the application's own.
#include <algorithm>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include <grove/plugin.h>

namespace {

using namespace grove::http;
using Json = nlohmann::json;

struct Changes {
    Headers set{};
    std::vector<std::string> remove{};  // those that are set, too

    void make_in(Headers& headers) const {
        const auto goes = [this](const auto& field) {
            return std::any_of(remove.begin(), remove.end(),
                               [&](const std::string& name) { return iequals(name, field.first); });
        };
        headers.erase(std::remove_if(headers.begin(), headers.end(), goes), headers.end());
        headers.insert(headers.end(), set.begin(), set.end());
    }

    [[nodiscard]] HttpError made_in(const HttpError& answer) const {
        Headers fields = answer.headers();
        make_in(fields);
        return HttpError{answer.status(), answer.what(), std::move(fields)};
    }
};

[[noreturn]] void refuse(const std::string& what) { throw std::invalid_argument{what}; }

std::string name_from(const Json& value) {
    if (!value.is_string() || !is_token(value.get_ref<const std::string&>()))
        refuse(value.dump() + " is not the name of a field");
    return value;
}

// PEP 3333: those that speak of the connection, and here of the body's length, which only its owner knows.
void refuse_if_the_servers(const std::string& name) {
    for (const std::string_view theirs : {"Connection", "Content-Length", "Keep-Alive", "TE",
                                          "Trailer", "Transfer-Encoding", "Upgrade"}) {
        if (iequals(name, theirs)) refuse("\"" + name + "\" cannot be set: it is the server's");
    }
    if (iequals(name.substr(0, 6), "Proxy-"))
        refuse("\"" + name + "\" cannot be set: it is the server's");
}

void add_field(const std::string& name, const Json& value, Headers& fields) {
    if (!value.is_string() || !is_field_value(value.get_ref<const std::string&>())) {
        refuse("\"" + name + "\": " + value.dump() +
               " is not the value of a field, must be a text");
    }
    fields.emplace_back(name, value);
}

void read_set(const Json& set, Changes& changes) {
    if (!set.is_object()) refuse("\"set\" must be an object of names and values");
    for (const auto& [key, value] : set.items()) {
        const std::string name = name_from(key);
        refuse_if_the_servers(name);
        changes.remove.push_back(name);
        if (!value.is_array()) {
            add_field(name, value, changes.set);
            continue;
        }
        for (const Json& one : value) add_field(name, one, changes.set);
    }
}

void read_remove(const Json& remove, Changes& changes) {
    if (!remove.is_array()) refuse("\"remove\" must be a list of names");
    for (const Json& name : remove) changes.remove.push_back(name_from(name));
}

Changes changes_from(std::string_view config) {
    Changes changes;
    const Json object = Json::parse(config);
    for (const auto& [key, value] : object.items()) {
        if (key == "set") {
            read_set(value, changes);
        } else if (key == "remove") {
            read_remove(value, changes);
        } else {
            refuse("\"" + key + "\" is not a key of headers, must be set or remove");
        }
    }
    return changes;
}

// A generator may throw an answer in place of its first piece.
void change_what_is_thrown_later(Body& body, const std::shared_ptr<const Changes>& changes) {
    auto* const generator = std::get_if<Body::Generator>(&body.content());
    if (generator == nullptr || !*generator) return;
    *generator = [changes, next = std::move(*generator)]() -> std::optional<std::string> {
        try {
            return next();
        } catch (const HttpError& answer) {
            throw changes->made_in(answer);
        }
    };
}

Middleware make_headers(std::string_view config) {
    // Shared: applications are copied.
    const auto changes = std::make_shared<const Changes>(changes_from(config));
    return [changes](Application inner) -> Application {
        return [changes, inner = std::move(inner)](Environ& environ,
                                                   StartResponse& start_response) -> Body {
            // The inner application may call it until its body is closed.
            const auto changed = std::make_shared<StartResponse>(
                [&start_response, changes](std::string status, Headers headers,
                                           std::exception_ptr error) {
                    changes->make_in(headers);
                    return start_response(std::move(status), std::move(headers), std::move(error));
                });
            try {
                Body body = inner(environ, *changed);
                change_what_is_thrown_later(body, changes);
                return std::move(body).on_close([changed] {});
            } catch (const HttpError& answer) {
                throw changes->made_in(answer);
            }
        };
    };
}

}  // namespace

GROVE_MIDDLEWARE(headers, "1.0", make_headers);
