#include "http_date.h"

#include <array>

#include <locale.h>

#include "calendar.h"

namespace {

// What strptime() would read by: a plugin may set another. Of "C" there is but one, which nobody frees.
locale_t english() {
    static const locale_t locale = ::newlocale(LC_TIME_MASK, "C", locale_t{});
    return locale;
}

}  // namespace

std::string format_http_date(std::time_t when) {
    std::string text(grove::kHttpDatePattern.size(), ' ');
    grove::put_http_date(text.data(), when);
    return text;
}

std::optional<std::time_t> parse_http_date(const std::string& text) {
    static constexpr std::array kForms{
        "%a, %d %b %Y %H:%M:%S GMT",  // IMF-fixdate
        "%A, %d-%b-%y %H:%M:%S GMT",  // RFC 850
        "%a %b %e %H:%M:%S %Y",       // asctime
    };
    for (const char* const form : kForms) {
        std::tm utc{};
        const char* const end = ::strptime_l(text.c_str(), form, &utc, english());
        if (end == text.c_str() + text.size()) return ::timegm(&utc);
    }
    return std::nullopt;
}
