#include "counter_name.h"

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string_view>

#include "log_text.h"

namespace grove::http {
namespace {

bool is_name(std::string_view text, bool may_have_colons) noexcept {
    const auto fits = [=](char c) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        return letter || (c >= '0' && c <= '9') || (may_have_colons && c == ':');
    };
    return !text.empty() && !(text[0] >= '0' && text[0] <= '9') &&
           std::all_of(text.begin(), text.end(), fits);
}

// @return how many bytes the first character has; 0: it is none (RFC 3629, section 4)
std::size_t first_character(std::string_view text) noexcept {
    const auto byte = [&](std::size_t at) {
        return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
    };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4) return 0;
    const unsigned least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const unsigned most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (byte(1) < least || byte(1) > most) return 0;
    for (std::size_t at = 2; at < length; ++at) {
        if (byte(at) < 0x80 || byte(at) > 0xbf) return 0;
    }
    return length;
}

// A scrape with one line that is no UTF-8 is lost as a whole.
bool is_line(std::string_view text) noexcept {
    while (!text.empty()) {
        const auto byte = static_cast<unsigned char>(text[0]);
        const std::size_t length = first_character(text);
        if (byte < 0x20 || byte == 0x7f || length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

[[noreturn]] void refuse(const std::string& name, const std::string& why) {
    throw std::invalid_argument{"counter or gauge \"" + escaped(name) + "\": " + why};
}

}  // namespace

void check_counter_name(CounterName& wanted) {
    const std::string& name = wanted.name;
    if (!is_name(name, true)) {
        refuse(
            name,
            "a name must have only letters, digits, '_' and ':', and must not begin with a digit");
    }
    if (name.starts_with("grove_"))
        refuse(name, "a name must not begin with \"grove_\", as the server's own names do");
    if (!is_line(wanted.help)) refuse(name, "the help must be one line of UTF-8");
    std::sort(wanted.labels.begin(), wanted.labels.end());
    const std::string* before = nullptr;
    for (const auto& [label, value] : wanted.labels) {
        const std::string which = "label \"" + escaped(label) + "\"";
        if (!is_name(label, false) || label.starts_with("__")) {
            refuse(name,
                   which + ": a name must have only letters, digits and '_', and must not begin " +
                       "with a digit or \"__\"");
        }
        if (before != nullptr && *before == label) refuse(name, which + " is given twice");
        if (!is_line(value)) refuse(name, which + ": its value must be one line of UTF-8");
        before = &label;
    }
}

}  // namespace grove::http
