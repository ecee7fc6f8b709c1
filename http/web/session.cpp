#include <grove/web/session.h>

#include <utility>

#include "session_state.h"

namespace grove::web {

Session::Session(std::unique_ptr<SessionState> state) noexcept : state_{std::move(state)} {}
Session::~Session() = default;

std::optional<std::string> Session::get(std::string_view name) const {
    const auto found = state_->values().find(name);
    if (found == state_->values().end()) return std::nullopt;
    return found->second;
}

void Session::set(std::string name, std::string value) {
    SessionValues values = state_->values();
    values.insert_or_assign(std::move(name), std::move(value));
    state_->replace(std::move(values));
}

void Session::erase(std::string_view name) {
    SessionValues values = state_->values();
    const auto found = values.find(name);
    if (found == values.end()) return;
    values.erase(found);
    state_->replace(std::move(values));
}

void Session::clear() { state_->replace({}); }
bool Session::empty() const { return state_->values().empty(); }
bool Session::fresh() const { return state_->fresh(); }

}  // namespace grove::web
