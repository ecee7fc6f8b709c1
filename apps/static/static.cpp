// static - the files below a folder.
//
// config: {"root": FOLDER, "mime_types": FILE, "hidden": false, "fallback": FILE, "cache_control": {".js": VALUE,
// "*": VALUE}, "headers": {NAME: VALUE or [VALUE, ...]}, "listing": false, "cache": 1, "etag": "stat"}. Without "mime_types"
// share/grove/conf/mime.types beside the binary is read, if it is there. Only with "hidden" are names served that begin
// with "." or end with "~". "fallback", below the root, is the answer to a browser that asks for a page that is not
// there. Answers with a file or a listing have the headers. Small files, and the root's folder, are taken to be as they
// were seen for "cache" seconds; null: for no time. An ETag is made of a file's size and time, or with "content" of its
// bytes.
#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include <grove/plugin.h>

#include "accepted_codings.h"
#include "added_fields.h"
#include "byte_ranges.h"
#include "http_date.h"
#include "listing.h"
#include "multipart.h"
#include "preconditions.h"
#include "request_path.h"
#include "site.h"

namespace {

using namespace grove::http;

Body plain_answer(StartResponse& start_response, const std::string& status, Headers headers = {}) {
    headers.emplace_back("Content-Type", "text/plain");
    start_response(status, std::move(headers));
    return status.substr(4) + "\n";
}

Body redirect_to_slash(const Environ& environ, StartResponse& start_response) {
    std::string location =
        percent_encoded(environ["SCRIPT_NAME"]) + percent_encoded(environ["PATH_INFO"]) + "/";
    if (const std::string_view query = environ["QUERY_STRING"]; !query.empty())
        location.append(1, '?').append(query);
    return plain_answer(start_response, "301 Moved Permanently", {{"Location", location}});
}

/// What is served, and how.
struct Service {
    Site site;
    bool hidden = false;
    bool listing = false;
    std::string fallback{};  ///< "": none.
    AddedFields added{};
};

Headers fields_of(const Service& service, const Representation& file) {
    Headers headers{{"ETag", file.etag}};
    if (file.modified) headers.emplace_back("Last-Modified", format_http_date(*file.modified));
    if (file.varies) headers.emplace_back("Vary", "Accept-Encoding");
    service.added.append_to(headers, file.name);
    return headers;
}

Body send_ranges(Site::Found& found, RangeRequest& request, Headers headers,
                 StartResponse& start_response) {
    const Representation& file = *found.file;
    if (request.ranges.size() == 1) {
        const ByteRange range = request.ranges.front();
        headers.emplace_back("Content-Type", file.type);
        headers.emplace_back("Content-Range", range.content_range(file.size));
        start_response("206 Partial Content", std::move(headers));
        return OpenFile{std::move(found.descriptor), range.first, range.length};
    }
    Multipart parts{std::move(found.descriptor), file.type, file.size, std::move(request.ranges)};
    headers.emplace_back("Content-Type", parts.content_type());
    headers.emplace_back("Content-Length", std::to_string(parts.length()));
    start_response("206 Partial Content", std::move(headers));
    return Body{std::move(parts)};
}

Body send_file(const Environ& environ, StartResponse& start_response, Site::Found found,
               Headers headers) {
    const Representation& file = *found.file;
    const Validators validators{.etag = file.etag, .modified = file.modified};
    switch (check_preconditions(environ, validators)) {
        case Verdict::kFailed:
            // It is about this request: a cache that kept it would give it to all others in the file's place.
            std::erase_if(headers,
                          [](const auto& field) { return field.first == "Cache-Control"; });
            return plain_answer(start_response, "412 Precondition Failed", std::move(headers));
        case Verdict::kNotModified:
            start_response("304 Not Modified", std::move(headers));
            return {};
        case Verdict::kGoOn:
            break;
    }
    headers.emplace_back("Accept-Ranges", "bytes");
    if (file.type == ContentTypes::kUnknown)  // a browser must not guess it from the bytes
        headers.emplace_back("X-Content-Type-Options", "nosniff");
    if (!file.encoding.empty()) headers.emplace_back("Content-Encoding", file.encoding);
    // A range is a matter of GET alone (section 14.2).
    if (environ["REQUEST_METHOD"] == "GET" &&
        range_counts(environ, validators, std::time(nullptr))) {
        RangeRequest request = RangeRequest::parse(environ["HTTP_RANGE"], file.size);
        if (request.kind == RangeRequest::Kind::kUnsatisfiable) {
            return plain_answer(start_response, "416 Range Not Satisfiable",
                                {{"Content-Range", "bytes */" + std::to_string(file.size)}});
        }
        if (request.kind == RangeRequest::Kind::kSatisfiable)
            return send_ranges(found, request, std::move(headers), start_response);
    }
    headers.emplace_back("Content-Type", file.type);
    start_response("200 OK", std::move(headers));
    if (file.bytes) return file.bytes;
    return OpenFile{std::move(found.descriptor), 0, file.size};
}

Body send_listing(const Service& service, const Environ& environ, StartResponse& start_response,
                  grove::FileDescriptor folder) {
    const bool in_root = environ["PATH_INFO"] == "/";
    const Listing listing = Listing::read(std::move(folder), service.hidden, in_root);
    Headers headers{{"Content-Type", "text/html; charset=utf-8"}};
    service.added.append_to(headers, "");
    start_response("200 OK", std::move(headers));
    return listing.page(std::string{environ["SCRIPT_NAME"]}.append(environ["PATH_INFO"]), in_root);
}

Site::Wanted wanted_by(const Environ& environ) {
    return environ["HTTP_RANGE"].empty() ? Site::Wanted::kBytes : Site::Wanted::kDescriptor;
}

// A page that is not there may be one of the application that the fallback is. A script, a picture or an answer to
// fetch() is none: who asks for these does not name text/html.
Body answer_absent(Service& service, bool may_fall_back, const Environ& environ,
                   StartResponse& start_response) {
    if (service.fallback.empty() || !may_fall_back)
        return plain_answer(start_response, "404 Not Found");
    const std::pair<std::string, std::string> varies{"Vary", "Accept"};
    if (named_weight(environ["HTTP_ACCEPT"], "text/html").value_or(0) > 0) {
        Site::Found found = service.site.find(service.fallback, environ["HTTP_ACCEPT_ENCODING"],
                                              wanted_by(environ));
        if (found.kind == Site::Found::Kind::kFile) {
            Headers headers = fields_of(service, *found.file);
            headers.push_back(varies);
            return send_file(environ, start_response, std::move(found), std::move(headers));
        }
    }
    return plain_answer(start_response, "404 Not Found", {varies});
}

Body serve(Service& service, const Environ& environ, StartResponse& start_response) {
    using Kind = Site::Found::Kind;
    const std::string_view method = environ["REQUEST_METHOD"];
    if (method != "GET" && method != "HEAD")
        return plain_answer(start_response, "405 Method Not Allowed", {{"Allow", "GET, HEAD"}});
    if (environ["PATH_INFO"].empty())  // the mount, without the slash that its links count on
        return redirect_to_slash(environ, start_response);
    const auto path = path_below_root(environ["PATH_INFO"]);
    const bool may_be_there = path && (service.hidden || !is_hidden(*path));
    Site::Found found;
    if (may_be_there)
        found = service.site.find(*path, environ["HTTP_ACCEPT_ENCODING"], wanted_by(environ));
    if (found.kind == Kind::kFile) {
        Headers headers = fields_of(service, *found.file);
        return send_file(environ, start_response, std::move(found), std::move(headers));
    }
    const bool is_listed = found.kind == Kind::kFolderWithoutIndex && service.listing;
    const bool has_slash = environ["PATH_INFO"].ends_with('/');
    if (found.kind == Kind::kFolderWithoutSlash || (is_listed && !has_slash))
        return redirect_to_slash(environ, start_response);
    if (is_listed)
        return send_listing(service, environ, start_response, std::move(found.descriptor));
    return answer_absent(service, may_be_there, environ, start_response);
}

std::string text_of(const nlohmann::json& config, const char* key) {
    const auto found = config.find(key);
    if (found == config.end()) return {};
    if (!found->is_string() || found->get_ref<const std::string&>().empty())
        throw std::invalid_argument{"\"" + std::string{key} + "\" must be a path"};
    return *found;
}

bool flag_of(const nlohmann::json& config, const char* key) {
    const auto found = config.find(key);
    if (found == config.end()) return false;
    if (!found->is_boolean())
        throw std::invalid_argument{"\"" + std::string{key} + "\" must be true or false"};
    return *found;
}

ContentTypes content_types(const std::string& file) {
    ContentTypes types;
    if (!file.empty()) {
        types.add_file(file);
        return types;
    }
    namespace fs = std::filesystem;
    std::error_code none;
    const fs::path shipped = fs::read_symlink("/proc/self/exe", none).parent_path().parent_path() /
                             "share/grove/conf/mime.types";
    if (fs::exists(shipped, none)) types.add_file(shipped);
    return types;
}

std::string value_of(const nlohmann::json& value, const char* key) {
    if (!value.is_string())
        throw std::invalid_argument{"\"" + std::string{key} + "\" must have texts for its values"};
    return value;
}

// null: nothing is kept.
std::chrono::nanoseconds lifetime_of(const nlohmann::json& config) {
    const auto found = config.find("cache");
    if (found == config.end()) return std::chrono::seconds{1};
    if (found->is_null()) return std::chrono::nanoseconds::zero();
    constexpr double kMost = 3600;
    const double seconds = found->is_number() ? found->get<double>() : 0;
    if (!(seconds > 0 && seconds <= kMost))
        throw std::invalid_argument{"\"cache\" must be seconds, above 0 and up to 3600, or null"};
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::chrono::duration<double>{seconds});
}

bool tags_by_content(const nlohmann::json& config) {
    const auto found = config.find("etag");
    if (found == config.end() || *found == "stat") return false;
    if (*found != "content")
        throw std::invalid_argument{"\"etag\" must be \"stat\" or \"content\""};
    return true;
}

nlohmann::json object_of(const nlohmann::json& config, const char* key) {
    const auto found = config.find(key);
    if (found != config.end() && !found->is_object())
        throw std::invalid_argument{"\"" + std::string{key} + "\" must be an object"};
    return found == config.end() ? nlohmann::json::object() : *found;
}

AddedFields added_fields(const nlohmann::json& config) {
    AddedFields added;
    const nlohmann::json cache_control = object_of(config, "cache_control");
    for (const auto& [suffix, value] : cache_control.items())
        added.add_cache_control(suffix, value_of(value, "cache_control"));
    const nlohmann::json headers = object_of(config, "headers");
    for (const auto& [name, value] : headers.items()) {
        const bool several = value.is_array();
        for (const nlohmann::json& one : several ? value : nlohmann::json::array({value}))
            added.add_header(name, value_of(one, "headers"));
    }
    return added;
}

// Its path, once it is sure that there is such a file.
std::string fallback_of(Site& site, const std::string& fallback) {
    if (fallback.empty()) return {};
    const auto path = path_below_root("/" + fallback);
    if (!path || site.find(*path, "", Site::Wanted::kDescriptor).kind != Site::Found::Kind::kFile) {
        throw std::invalid_argument{"\"fallback\": there is no file \"" + fallback +
                                    "\" below the root"};
    }
    return *path;
}

void check_keys(const nlohmann::json& config) {
    constexpr std::array<std::string_view, 9> kKeys{"cache",  "root",     "mime_types",
                                                    "hidden", "fallback", "cache_control",
                                                    "etag",   "headers",  "listing"};
    for (const auto& [key, value] : config.items()) {
        if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end()) {
            throw std::invalid_argument{
                "\"" + key +
                "\" is not a key of static, must be one of root, mime_types, "
                "hidden, fallback, cache, cache_control, etag, headers and listing"};
        }
    }
}

Application make_static(std::string_view config) {
    const nlohmann::json object = nlohmann::json::parse(config);
    check_keys(object);
    const std::string root = text_of(object, "root");
    if (root.empty()) throw std::invalid_argument{"\"root\" is missing: the folder to serve"};
    Service made{.site = Site{ServedRoot{root}, content_types(text_of(object, "mime_types")),
                              lifetime_of(object)},
                 .hidden = flag_of(object, "hidden"),
                 .listing = flag_of(object, "listing"),
                 .added = added_fields(object)};
    made.fallback = fallback_of(made.site, text_of(object, "fallback"));
    if (tags_by_content(object)) made.site.tag_by_content();
    // Shared: an Application copies, and its copies are of one site.
    const auto service = std::make_shared<Service>(std::move(made));
    return [service](Environ& environ, StartResponse& start_response) {
        return serve(*service, environ, start_response);
    };
}

}  // namespace

GROVE_PLUGIN(static, "1.0", make_static);
