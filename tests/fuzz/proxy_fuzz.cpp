// What proxies say of their clients outside of HTTP's heads and inside: PROXY headers of both versions, and the elements
// of Forwarded, against plainer readings of both.
#include <string>

#include "forwarded_field.h"
#include "fuzz.h"
#include "proxy_header.h"

namespace {

using namespace grove::fuzz;
using namespace grove::http;
using State = ProxyResult::State;

// What is complete is so with its last byte, and not before; what follows changes nothing.
void check_header(std::string_view bytes, ProxyProtocol version) {
    ProxyHeader whole;
    const ProxyResult result = parse_proxy_header(bytes, version, whole);
    require(result.state == State::kRefused || bytes.size() < kLongestProxyHeader ||
                result.state == State::kComplete,
            "no header is longer than 4096 bytes");
    require((result.why != nullptr) == (result.state == State::kRefused), "a refusal has a reason");
    const bool complete = result.state == State::kComplete;
    require(!complete || (whole.length >= 15 && whole.length <= bytes.size()), "it has a length");
    for (std::size_t came = 0; came < bytes.size(); ++came) {
        ProxyHeader part;
        const ProxyResult so_far = parse_proxy_header(bytes.substr(0, came), version, part);
        if (so_far.state == State::kNeedMore) continue;
        require(so_far.state == result.state, "more bytes do not change what is said");
        require(so_far.state == State::kRefused || came >= whole.length, "it was not complete");
        require(part.length == whole.length && part.client.text() == whole.client.text() &&
                    part.tells == whole.tells,
                "nor what it tells");
    }
    if (!complete) return;
    const bool nameless = whole.more != nullptr && whole.more->nameless;
    require(whole.tells || whole.client.family() == 0, "who tells of nobody names nobody");
    require(!whole.tells || (whole.client.family() == 0) == nameless, "a client has an address");
    if (whole.more == nullptr) return;
    for (const std::string* text : {&whole.more->tls.peer_subject, &whole.more->tls.version}) {
        for (const char byte : *text) require(byte >= 0x20 && byte <= 0x7e, "texts are printable");
    }
    require(!whole.more->tls.peer_verified || whole.more->over_tls, "who is verified spoke TLS");
}

// What an honest proxy adds behind anything is what it wrote.
void check_elements(std::string_view list) {
    const std::string added = std::string{list} + ", for=\"[2001:db8::1]:80\";host=\"a,;\\\"b\"";
    std::string_view rest = added;
    const auto last = take_last_element(rest);
    require(last && last->node == "[2001:db8::1]:80" && last->host == "a,;\\\"b", "as it wrote it");
    require(rest == list, "and the rest is as it came");
    while (!rest.empty()) {
        const std::size_t before = rest.size();
        const auto element = take_last_element(rest);
        require(rest.size() < before, "it comes to an end");
        if (!element) continue;
        for (const std::string_view value : {element->node, element->proto, element->host}) {
            require(value.empty() || (value.data() >= added.data() &&
                                      value.data() + value.size() <= added.data() + added.size()),
                    "a value is a piece of the list");
        }
    }
}

}  // namespace

GROVE_FUZZ_TARGET(proxy) {
    FuzzBytes input{data, size};
    const unsigned what = input.byte() % 4U;
    if (what == 3) {
        check_elements(input.rest());
    } else {
        constexpr ProxyProtocol kVersions[] = {ProxyProtocol::kAny, ProxyProtocol::kV1,
                                               ProxyProtocol::kV2};
        check_header(input.rest(), kVersions[what]);
    }
    return 0;
}
