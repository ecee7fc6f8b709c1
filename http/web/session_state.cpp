#include "session_state.h"

#include <cstddef>
#include <stdexcept>

#include "cookie_text.h"
#include "field_list.h"

namespace grove::web {
namespace {

constexpr std::size_t kMostBytes = 4096;  // of name and value together: browsers drop larger ones

std::chrono::seconds now() {
    return std::chrono::duration_cast<std::chrono::seconds>(
        std::chrono::system_clock::now().time_since_epoch());
}

}  // namespace

void SessionState::load() {
    if (values_) return;
    const auto text = find_cookie(cookies_, terms_->cookie.name);
    values_ = text ? terms_->seal.open(*text, now()) : std::nullopt;
    fresh_ = !values_;
    if (!values_) values_.emplace();
}

const SessionValues& SessionState::values() {
    load();
    return *values_;
}

bool SessionState::fresh() {
    load();
    return fresh_;
}

void SessionState::replace(SessionValues values) {
    if (written_) {
        throw std::logic_error{
            "the session was changed after start_response, when its cookie had already left"};
    }
    if (!values.empty() && terms_->seal.size_of(values) > kMostBytes - terms_->cookie.name.size())
        throw std::length_error{"the session does not fit a cookie of 4 KiB"};
    load();
    values_ = std::move(values);
    changed_ = true;
}

void SessionState::vary(http::Headers& headers) const {
    if (values_) add_vary(headers, "Cookie");
}

void SessionState::write(http::Headers& headers) {
    written_ = true;
    vary(headers);
    if (!changed_ || (fresh_ && values_->empty())) return;
    Cookie cookie = terms_->cookie;
    if (values_->empty()) {
        cookie.max_age = std::chrono::seconds{0};
    } else {
        cookie.value = terms_->seal.make(*values_, now() + terms_->lifetime);
    }
    headers.emplace_back("Set-Cookie", set_cookie_value(cookie));
}

}  // namespace grove::web
