// static - the files below a folder.
//
// config: {"root": FOLDER, "mime_types": FILE, "hidden": false}; without "mime_types" share/grove/conf/mime.types
// beside the binary is read, if it is there. Only with "hidden" are names served that begin with "." or end with "~".
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

#include "byte_ranges.h"
#include "http_date.h"
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
    if (const std::string_view query = environ["QUERY_STRING"]; !query.empty()) {
        location.append(1, '?').append(query);
    }
    return plain_answer(start_response, "301 Moved Permanently", {{"Location", location}});
}

Headers fields_of(const Representation& file) {
    Headers headers{{"ETag", file.etag}, {"Last-Modified", format_http_date(file.modified)}};
    if (file.varies) {
        headers.emplace_back("Vary", "Accept-Encoding");
    }
    return headers;
}

Body send_ranges(Representation& file, RangeRequest& request, Headers headers,
                 StartResponse& start_response) {
    if (request.ranges.size() == 1) {
        const ByteRange range = request.ranges.front();
        headers.emplace_back("Content-Type", file.type);
        headers.emplace_back("Content-Range", range.content_range(file.size));
        start_response("206 Partial Content", std::move(headers));
        return OpenFile{std::move(file.descriptor), range.first, range.length};
    }
    Multipart parts{std::move(file.descriptor), file.type, file.size, std::move(request.ranges)};
    headers.emplace_back("Content-Type", parts.content_type());
    headers.emplace_back("Content-Length", std::to_string(parts.length()));
    start_response("206 Partial Content", std::move(headers));
    return Body{std::move(parts)};
}

Body send_file(const Environ& environ, StartResponse& start_response, Representation file) {
    const Validators validators{.etag = file.etag, .modified = file.modified};
    Headers headers = fields_of(file);
    switch (check_preconditions(environ, validators)) {
        case Verdict::kFailed:
            return plain_answer(start_response, "412 Precondition Failed", std::move(headers));
        case Verdict::kNotModified:
            start_response("304 Not Modified", std::move(headers));
            return {};
        case Verdict::kGoOn:
            break;
    }
    headers.emplace_back("Accept-Ranges", "bytes");
    if (file.type == ContentTypes::kUnknown) {  // a browser must not guess it from the bytes
        headers.emplace_back("X-Content-Type-Options", "nosniff");
    }
    if (!file.encoding.empty()) {
        headers.emplace_back("Content-Encoding", file.encoding);
    }
    // A range is a matter of GET alone (section 14.2).
    if (environ["REQUEST_METHOD"] == "GET" &&
        range_counts(environ, validators, std::time(nullptr))) {
        RangeRequest request = RangeRequest::parse(environ["HTTP_RANGE"], file.size);
        if (request.kind == RangeRequest::Kind::kUnsatisfiable) {
            return plain_answer(start_response, "416 Range Not Satisfiable",
                                {{"Content-Range", "bytes */" + std::to_string(file.size)}});
        }
        if (request.kind == RangeRequest::Kind::kSatisfiable) {
            return send_ranges(file, request, std::move(headers), start_response);
        }
    }
    headers.emplace_back("Content-Type", file.type);
    start_response("200 OK", std::move(headers));
    return OpenFile{std::move(file.descriptor), 0, file.size};
}

Body serve(const Site& site, bool hidden, const Environ& environ, StartResponse& start_response) {
    const std::string_view method = environ["REQUEST_METHOD"];
    if (method != "GET" && method != "HEAD") {
        return plain_answer(start_response, "405 Method Not Allowed", {{"Allow", "GET, HEAD"}});
    }
    if (environ["PATH_INFO"].empty()) {  // the mount, without the slash that its links count on
        return redirect_to_slash(environ, start_response);
    }
    const auto path = path_below_root(environ["PATH_INFO"]);
    Site::Found found;
    if (path && (hidden || !is_hidden(*path))) {
        found = site.find(*path, environ["HTTP_ACCEPT_ENCODING"]);
    }
    switch (found.kind) {
        case Site::Found::Kind::kFile:
            return send_file(environ, start_response, std::move(found.file));
        case Site::Found::Kind::kFolderWithoutSlash:
            return redirect_to_slash(environ, start_response);
        case Site::Found::Kind::kNothing:
            break;
    }
    return plain_answer(start_response, "404 Not Found");
}

std::string text_of(const nlohmann::json& config, const char* key) {
    const auto found = config.find(key);
    if (found == config.end()) {
        return {};
    }
    if (!found->is_string() || found->get_ref<const std::string&>().empty()) {
        throw std::invalid_argument{"\"" + std::string{key} + "\" must be a path"};
    }
    return *found;
}

bool flag_of(const nlohmann::json& config, const char* key) {
    const auto found = config.find(key);
    if (found == config.end()) {
        return false;
    }
    if (!found->is_boolean()) {
        throw std::invalid_argument{"\"" + std::string{key} + "\" must be true or false"};
    }
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
    if (fs::exists(shipped, none)) {
        types.add_file(shipped);
    }
    return types;
}

Application make_static(std::string_view config) {
    const nlohmann::json object = nlohmann::json::parse(config);
    for (const auto& [key, value] : object.items()) {
        if (key != "root" && key != "mime_types" && key != "hidden") {
            throw std::invalid_argument{"\"" + key +
                                        "\" is no key of static: root, mime_types and hidden are"};
        }
    }
    const std::string root = text_of(object, "root");
    if (root.empty()) {
        throw std::invalid_argument{"\"root\" is missing: the folder to serve"};
    }
    // Shared: an Application copies, and its copies are of one site.
    const auto site = std::make_shared<const Site>(ServedRoot{root},
                                                   content_types(text_of(object, "mime_types")));
    const bool hidden = flag_of(object, "hidden");
    return [site, hidden](Environ& environ, StartResponse& start_response) {
        return serve(*site, hidden, environ, start_response);
    };
}

}  // namespace

GROVE_PLUGIN(static, "1.0", make_static);
