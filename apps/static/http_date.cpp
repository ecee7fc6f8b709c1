#include "http_date.h"

#include <array>

// strftime and strptime speak the process's language; the server never leaves "C".

std::string format_http_date(std::time_t when) {
    std::tm utc{};
    gmtime_r(&when, &utc);
    std::array<char, 64> text{};
    const std::size_t size =
        std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
    return {text.data(), size};
}

std::optional<std::time_t> parse_http_date(const std::string& text) {
    static constexpr std::array kForms{
        "%a, %d %b %Y %H:%M:%S GMT",  // IMF-fixdate
        "%A, %d-%b-%y %H:%M:%S GMT",  // RFC 850
        "%a %b %e %H:%M:%S %Y",       // asctime
    };
    for (const char* const form : kForms) {
        std::tm utc{};
        const char* const end = strptime(text.c_str(), form, &utc);
        if (end == text.c_str() + text.size()) {
            return timegm(&utc);
        }
    }
    return std::nullopt;
}
