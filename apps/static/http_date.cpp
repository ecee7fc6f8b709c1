#include "http_date.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "calendar.h"

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool begins_with(std::string_view text, std::string_view name) {
    return text.size() >= name.size() &&
           std::equal(name.begin(), name.end(), text.begin(),
                      [](char left, char right) { return lower(left) == lower(right); });
}

// Reads a date as strptime() does in the locale "C": names whole or short and in any case, numbers with fewer digits
// or spaces before them, a space for any spaces or none.
class Scanner {
public:
    explicit Scanner(std::string_view text) : left_{text} {}

    /// @param form  as of strptime()
    [[nodiscard]] bool read(std::string_view form, std::tm& utc) {
        for (std::size_t at = 0; at < form.size(); ++at) {
            if (form[at] == ' ') {
                skip_spaces();
            } else if (form[at] == '%' ? !read_part(form[++at], utc) : !read_literal(form[at])) {
                return false;
            }
        }
        return left_.empty();
    }

private:
    bool read_part(char part, std::tm& utc) {
        switch (part) {
            case 'a':
                return read_name(grove::kDayNames, utc.tm_wday);
            case 'b':
                return read_name(grove::kMonthNames, utc.tm_mon);
            case 'd':
                return read_number(1, 31, 2, utc.tm_mday);
            case 'H':
                return read_number(0, 23, 2, utc.tm_hour);
            case 'M':
                return read_number(0, 59, 2, utc.tm_min);
            case 'S':
                return read_number(0, 61, 2, utc.tm_sec);
            case 'Y':
                return read_year(9999, 4, utc);
            case 'y':
                return read_year(99, 2, utc);
            default:
                return false;
        }
    }

    void skip_spaces() {
        left_.remove_prefix(std::min(left_.find_first_not_of(" \t\n\v\f\r"), left_.size()));
    }

    bool read_literal(char c) {
        if (!left_.starts_with(c)) return false;
        left_.remove_prefix(1);
        return true;
    }

    template <std::size_t Count>
    bool read_name(const std::array<std::string_view, Count>& names, int& index) {
        for (std::size_t i = 0; i < Count; ++i) {
            for (const std::string_view name : {names[i], names[i].substr(0, 3)}) {
                if (!begins_with(left_, name)) continue;
                left_.remove_prefix(name.size());
                index = static_cast<int>(i);
                return true;
            }
        }
        return false;
    }

    bool read_number(int least, int most, std::size_t most_digits, int& number) {
        left_.remove_prefix(std::min(left_.find_first_not_of(' '), left_.size()));
        int value = 0;
        std::size_t digits = 0;
        for (; digits < most_digits && !left_.empty(); ++digits) {
            const char c = left_.front();
            if (c < '0' || c > '9' || value * 10 > most) break;
            value = value * 10 + (c - '0');
            left_.remove_prefix(1);
        }
        number = value;
        return digits != 0 && value >= least && value <= most;
    }

    // Two digits are a year from 1969 to 2068.
    bool read_year(int most, std::size_t digits, std::tm& utc) {
        int year = 0;
        if (!read_number(0, most, digits, year)) return false;
        utc.tm_year = digits == 4 ? year - 1900 : year < 69 ? year + 100 : year;
        return true;
    }

    std::string_view left_;
};

}  // namespace

std::string format_http_date(std::time_t when) {
    std::string text(grove::kHttpDatePattern.size(), ' ');
    grove::put_http_date(text.data(), when);
    return text;
}

std::optional<std::time_t> parse_http_date(const std::string& text) {
    static constexpr std::array<std::string_view, 3> kForms{
        "%a, %d %b %Y %H:%M:%S GMT",  // IMF-fixdate
        "%a, %d-%b-%y %H:%M:%S GMT",  // RFC 850
        "%a %b %d %H:%M:%S %Y",       // asctime
    };
    for (const std::string_view form : kForms) {
        std::tm utc{};
        if (Scanner{text}.read(form, utc)) return ::timegm(&utc);
    }
    return std::nullopt;
}
