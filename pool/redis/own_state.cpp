#include "own_state.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include <strings.h>

namespace grove::redis {
namespace {

// RESET is one of them: it takes back what open() had chosen.
constexpr std::array<std::string_view, 8> kChanging{"SELECT", "AUTH",     "HELLO",     "RESET",
                                                    "QUIT",   "READONLY", "READWRITE", "ASKING"};
constexpr std::array<std::string_view, 5> kChangingOfClient{"SETNAME", "REPLY", "TRACKING",
                                                            "NO-EVICT", "NO-TOUCH"};

bool is(std::string_view command, std::string_view name) noexcept {
    return command.size() == name.size() &&
           ::strncasecmp(command.data(), name.data(), name.size()) == 0;
}

template <std::size_t N>
bool is_one_of(std::string_view command, const std::array<std::string_view, N>& names) noexcept {
    return std::any_of(names.begin(), names.end(),
                       [command](std::string_view name) { return is(command, name); });
}

}  // namespace

void OwnState::sent(const std::vector<std::string>& words) noexcept {
    const std::string_view command = words.front();
    if (is(command, "MULTI")) {
        in_multi_ = true;
    } else if (is(command, "WATCH")) {
        watches_ = true;
    } else if (is(command, "UNWATCH")) {
        watches_ = false;
    } else if (is(command, "EXEC") || is(command, "DISCARD")) {
        in_multi_ = watches_ = false;
    } else if (is(command, "CLIENT")) {
        changed_ = changed_ || (words.size() > 1 && is_one_of(words[1], kChangingOfClient));
    } else if (is_one_of(command, kChanging)) {
        changed_ = true;
    }
}

}  // namespace grove::redis
