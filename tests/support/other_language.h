// other_language.h - a language that calls November "m11", spoken by the process as a plugin may make it.
#pragma once

#include <array>
#include <clocale>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

#include "temporary_folder.h"

namespace grove {

/// Few machines have more than "C" and "C.utf8": the locale is made here, of nothing but its names.
/// While one lives, LC_TIME is that locale.
class OtherLanguage {
public:
    OtherLanguage() {
        std::ofstream{folder_.path() / "names"} << "LC_TIME\n"
                                                << names("abday", "d", 7) << names("day", "D", 7)
                                                << names("abmon", "m", 12) << names("mon", "M", 12)
                                                << "END LC_TIME\n";
        std::ofstream{folder_.path() / "letters"}
            << "<code_set_name> ASCII\n<escape_char> /\nCHARMAP\n<U0000>..<U007F> /x00\nEND "
               "CHARMAP\n";
        const std::string in = folder_.path().string() + "/";
        const std::string command = "localedef --force --no-archive -i " + in + "names -f " + in +
                                    "letters " + in + "other >" + in + "said 2>&1";
        // It complains that the other categories are missing, and writes this one.
        [[maybe_unused]] const int status = std::system(command.c_str());
        ::setenv("LOCPATH", folder_.path().c_str(), 1);
        std::setlocale(LC_TIME, "other");
        std::array<char, 16> month{};
        std::tm november{};
        november.tm_mon = 10;
        std::strftime(month.data(), month.size(), "%b", &november);
        if (month.data() != std::string_view{"m11"}) {
            std::ifstream said{in + "said"};
            throw std::runtime_error{"no other language: " + std::string{month.data()} + ": " +
                                     std::string{std::istreambuf_iterator<char>{said}, {}}};
        }
    }
    ~OtherLanguage() {
        std::setlocale(LC_TIME, "C");
        ::unsetenv("LOCPATH");
    }
    OtherLanguage(const OtherLanguage&) = delete;
    OtherLanguage& operator=(const OtherLanguage&) = delete;

private:
    static std::string names(const std::string& of, const std::string& letter, int count) {
        std::string line = of;
        for (int i = 1; i <= count; ++i)
            line += (i == 1 ? " \"" : ";\"") + letter + std::to_string(i) + "\"";
        return line + "\n";
    }

    TemporaryFolder folder_;
};

}  // namespace grove
