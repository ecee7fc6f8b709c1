#include "request_state.h"

#include <exception>

#include <grove/http/headers.h>

#include "client_peer.h"
#include "client_socket.h"
#include "service_terms.h"

namespace grove::http {
namespace {

constexpr std::size_t kLongestId = 128;  // that is taken from a proxy

}  // namespace

// Apart, as it has a function of its own on its stack, which is guarded.
[[gnu::noinline]] RequestState::RequestState(const ServiceTerms& of_server)
    : terms{of_server}, owed_{get_hub(), [this] { push_output(); }} {}

RequestState::~RequestState() = default;

void RequestState::owe_output() noexcept {
    if (!output.empty()) owed_.schedule();
}

// The greenlet has blocked with answers in hand. Nobody else sends what the client does not take now.
void RequestState::push_output() noexcept {
    while (client != nullptr && !being_sent_ && !output.empty()) {
        const std::size_t sent = client->send_some(output);
        if (sent == 0) return await_room();
        pace.count_taken(sent);
        output.erase(0, sent);
    }
}

// The client may have been served at once, so that the loop does not know its socket yet.
[[gnu::cold, gnu::noinline]] void RequestState::await_room() noexcept {
    try {
        client->watch_writable();
    } catch (const std::exception&) {  // what is there leaves with what is sent next
    }
}

std::string_view RequestState::request_id() noexcept {
    if (request_id_.empty() && terms.ids != nullptr) choose_request_id();
    return request_id_;
}

// Apart: who needs none has no guard to pay for.
[[gnu::noinline]] void RequestState::choose_request_id() noexcept {
    // Of two one may be the client's: not every proxy takes it away before it adds its own.
    const Field* told =
        ClientPeer{*client}.trusted(terms) ? head.find_only("x-request-id") : nullptr;
    if (told != nullptr && told->value.size() <= kLongestId && is_token(told->value)) {
        request_id_ = told->value;
    } else {
        made_id_ = terms.ids->make();
        request_id_ = {made_id_.data(), made_id_.size()};
    }
}

// Apart: who has set nothing does not look.
[[gnu::noinline]] const std::string* RequestState::find_override(
    std::string_view key) const noexcept {
    for (auto set = overrides.rbegin(); set != overrides.rend(); ++set) {
        if (set->first == key) return &set->second;
    }
    return nullptr;
}

std::string_view RequestState::script_name() const noexcept {
    const std::string* const set = find_override("SCRIPT_NAME");
    return set != nullptr ? std::string_view{*set} : "";
}

}  // namespace grove::http
