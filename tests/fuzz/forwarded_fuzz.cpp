// What is told of a client by the proxy before it: in any cuts, the environ, the access log and the answer hold an
// address, a scheme and an id that are the peer's own, or what the right-most trusted words make of them.
#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

#include <arpa/inet.h>

#include <grove/http/headers.h>

#include "fed_server.h"
#include "fuzz.h"

namespace {

using namespace grove::fuzz;
using namespace grove::http;

constexpr int kMostProxies = 32;
constexpr std::size_t kLongestId = 128;

const std::vector<std::string> kTrusted{"10.0.0.0/8", "192.0.2.1", "fd00::/8"};

bool is_trusted(std::string_view address) {
    return address.starts_with("10.") || address == "192.0.2.1" ||
           (address.starts_with("fd") && address.find(':') == 4);
}

std::string written(int family, const void* bytes) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    return ::inet_ntop(family, bytes, text.data(), text.size());
}

/// As the kernel would write it. @return "" if it is no address
std::string canonical(const std::string& text) {
    in_addr four{};
    in6_addr six{};
    if (::inet_pton(AF_INET, text.c_str(), &four) == 1) return written(AF_INET, &four);
    if (::inet_pton(AF_INET6, text.c_str(), &six) != 1) return {};
    return IN6_IS_ADDR_V4MAPPED(&six) ? written(AF_INET, &six.s6_addr[12])
                                      : written(AF_INET6, &six);
}

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    return text;
}

std::string_view take_last(std::string_view& list) {
    const std::size_t comma = list.rfind(',');
    const std::string_view last = trimmed(list.substr(comma + 1));
    list = comma == list.npos ? std::string_view{} : list.substr(0, comma);
    return last;
}

/// Without a port and brackets.
std::string host_of(std::string_view element) {
    if (!element.starts_with('[')) {
        const bool port = std::count(element.begin(), element.end(), ':') == 1;
        return std::string{port ? element.substr(0, element.find(':')) : element};
    }
    const std::size_t end = element.find(']');
    const bool good = end != element.npos && (end + 1 == element.size() || element[end + 1] == ':');
    return std::string{good ? element.substr(1, end - 1) : std::string_view{}};
}

std::string client_of(std::string_view list, const std::string& peer) {
    std::string client = peer;
    for (int proxies = 0; proxies < kMostProxies && is_trusted(client); ++proxies) {
        const std::string next = canonical(host_of(take_last(list)));
        if (next.empty()) break;
        client = next;
    }
    return client;
}

std::string scheme_of(std::string_view list) {
    std::string word{take_last(list)};
    for (char& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 0x20) : c;
    return word == "https" ? word : "http";
}

bool may_be_taken(std::string_view id) { return id.size() <= kLongestId && is_token(id); }

bool is_made(std::string_view id) {
    return id.size() == 16 && id.find_first_not_of("0123456789abcdef") == id.npos;
}

struct Told {
    std::string address;
    std::string id;  ///< "made" if the server made it: each time another.

    bool operator==(const Told&) const = default;
};

std::string peer;
std::vector<Told> told;           // to the application, by the environ
std::vector<std::string> logged;  // the ids
std::string own;                  // the server's address

Body check_environ(Environ& environ, StartResponse& start) {
    const bool trusted = is_trusted(peer);
    const std::string address{environ["REMOTE_ADDR"]};
    const std::string expected = trusted ? client_of(environ["HTTP_X_FORWARDED_FOR"], peer) : peer;
    require(address == expected, "the client is whom trusted proxies tell of, else the peer");
    require(environ["REMOTE_PORT"] == (address == peer ? "7" : ""), "a port is the peer's");
    require(environ["wsgi.url_scheme"] ==
                (trusted ? scheme_of(environ["HTTP_X_FORWARDED_PROTO"]) : "http"),
            "the scheme is what a trusted proxy says, else the connection's");
    require(std::string{environ["SERVER_NAME"]}.append(":").append(environ["SERVER_PORT"]) == own,
            "nobody tells the server its name");
    // Of several fields the first counts; a comma is not a token's.
    const std::string_view offered = environ["HTTP_X_REQUEST_ID"];
    const std::string_view first = offered.substr(0, offered.find(','));
    const std::string_view id = environ["grove.request_id"];
    require(is_made(id) || (trusted && may_be_taken(id) && id == first), "an id is plain");
    require(!trusted || !may_be_taken(offered) || id == offered, "a trusted one is kept");
    told.push_back({address, id == first ? std::string{id} : "made"});
    start("200 OK", {});
    return "ok";
}

void check_record(const AccessRecord& record) {
    const std::string address{record.remote_addr};
    require(address == canonical(address), "an address is logged");
    require(is_trusted(peer) || address == peer, "nobody poses as another");
    require(record.request_id.empty() || may_be_taken(record.request_id), "an id is plain there");
    if (!record.request_id.empty()) logged.emplace_back(record.request_id);
    if (record.status != 200) return;
    require(!told.empty() && told.back().address == address, "the log has the environ's address");
}

/// @return the ids that the answers bear
std::vector<std::string> serve(std::string_view bytes, const std::vector<std::size_t>& reads) {
    static auto* const server = new FedServer{
        check_environ,
        {.limits = {.body_buffer = 0},  // an answer for each, also where its body does not come
         .access_log = check_record,
         .request_ids = true,
         .trusted_proxies = kTrusted}};
    own = server->address();
    told.clear();
    logged.clear();
    FedClient client{*server, grove::Address::ip(peer, 7)};
    client.send(bytes, reads);
    client.finish_sending();
    const std::string answers = client.read_to_end();
    std::string_view said = answers;
    std::vector<std::string> ids;
    constexpr std::string_view kField = "\r\nX-Request-Id: ";
    for (std::size_t at = said.find(kField); at != said.npos; at = said.find(kField)) {
        said.remove_prefix(at + kField.size());
        ids.emplace_back(said.substr(0, said.find("\r\n")));
    }
    client.close();
    server->require_quiet();
    require(is_trusted(peer) || std::set(ids.begin(), ids.end()).size() == ids.size(),
            "an id that is made is one request's");
    return ids;
}

/// A line's first letter stands for a field's name; what begins otherwise is a line as it is.
std::string request_of(std::string_view lines) {
    std::string request = "GET / HTTP/1.1\r\nHost: h\r\n";
    while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find('\n'));
        lines.remove_prefix(std::min(line.size() + 1, lines.size()));
        constexpr std::string_view kLetters = "fphi";
        constexpr std::array kNames{
            "X-Forwarded-For: ", "X-Forwarded-Proto: ", "X-Forwarded-Host: ", "X-Request-Id: "};
        const std::size_t letter = line.empty() ? kLetters.npos : kLetters.find(line.front());
        if (letter != kLetters.npos) request += kNames[letter];
        request.append(line.substr(letter != kLetters.npos ? 1 : 0)).append("\r\n");
    }
    return request + "\r\n";
}

}  // namespace

GROVE_FUZZ_TARGET(forwarded) {
    constexpr std::size_t kMostReads = 12;  // each costs polls of the hub
    constexpr std::array kPeers{"10.1.2.3", "fd00::7", "203.0.113.9", "2001:db8::9"};
    FuzzBytes input{data, size};
    peer = kPeers[input.byte() % kPeers.size()];
    const std::vector<std::uint8_t> steps{input.byte(), input.byte(), input.byte()};
    const std::string request = request_of(input.rest());

    require(serve(request, {request.size()}) == logged, "an answer has the id that is logged");
    const std::vector<Told> whole = told;
    require(serve(request, cuts(request.size(), steps, kMostReads)) == logged, "also in pieces");
    require(told == whole, "how it is cut changes nothing");
    return 0;
}
