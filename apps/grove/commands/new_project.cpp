#include "new_project.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include <openssl/rand.h>

#include <grove/core/version.h>

#include "hexadecimal.h"

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLongestName = 64;
constexpr std::string_view kName = "@NAME@";
constexpr std::string_view kVersion = "@VERSION@";
constexpr std::string_view kKey = "@KEY@";

// What the project's CMake targets and C++ functions cannot be called.
constexpr std::array<std::string_view, 37> kTaken{
    "all",      "and",   "auto",  "bool",    "break",   "case",   "catch",    "char",
    "class",    "clean", "const", "default", "delete",  "do",     "double",   "else",
    "enum",     "float", "for",   "grove",   "help",    "if",     "install",  "int",
    "long",     "new",   "not",   "or",      "package", "plugin", "register", "return",
    "template", "test",  "this",  "void",    "while"};

bool is_name(std::string_view name) {
    const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
    const auto may_follow = [&](char c) {
        return is_lower(c) || (c >= '0' && c <= '9') || c == '_';
    };
    return !name.empty() && name.size() <= kLongestName && is_lower(name.front()) &&
           name.back() != '_' && name.find("__") == std::string_view::npos &&
           std::all_of(name.begin(), name.end(), may_follow) &&
           std::find(kTaken.begin(), kTaken.end(), name) == kTaken.end();
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
        text.replace(at, from.size(), to);
    return text;
}

// What a project asks of find_package(): numbers alone.
std::string wanted_version() {
    constexpr std::string_view kShown = GROVE_VERSION;
    return std::string{kShown.substr(0, kShown.find('-'))};
}

std::string filled_in(std::string text, const std::string& name) {
    return replaced(replaced(std::move(text), kName, name), kVersion, wanted_version());
}

std::string read(const fs::path& file) {
    std::ifstream in{file, std::ios::binary};
    std::string text{std::istreambuf_iterator<char>{in}, {}};
    if (!in) throw std::runtime_error{"cannot read " + file.string()};
    return text;
}

// 32 bytes, in hexadecimal.
std::string random_key() {
    std::array<unsigned char, 32> bytes{};
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
        throw std::runtime_error{"OpenSSL has no random bytes"};
    std::string text;
    for (const unsigned char byte : bytes) grove::append_digits(text, byte);
    return text;
}

void write(const fs::path& file, const std::string& text) {
    std::ofstream out{file, std::ios::binary};
    out << text;
    out.close();
    if (!out) throw std::runtime_error{"cannot write " + file.string()};
}

void write_filled_in(const fs::path& file, std::string text, const std::string& name) {
    if (text.find(kKey) != std::string::npos) {
        write(file, "");  // its owner's alone before the key is in it
        fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
        text = replaced(std::move(text), kKey, random_key());
    }
    write(file, filled_in(std::move(text), name));
}

}  // namespace

void write_new_project(const fs::path& templates, const fs::path& parent, const std::string& name) {
    if (!is_name(name)) {
        throw std::invalid_argument{
            "a plugin's name must have only lower-case letters, digits and single '_', must begin "
            "with a letter, and must not be a word of C++ or CMake"};
    }
    const fs::path folder = parent / name;
    if (!fs::is_directory(templates))
        throw std::runtime_error{"the project's templates are not at " + templates.string()};
    std::error_code error;
    if (!fs::create_directory(folder, error)) {  // the one that makes it owns it: no second look
        throw std::invalid_argument{folder.string() + ": " +
                                    (error ? error.message() : std::string{"exists already"})};
    }
    try {
        for (const fs::directory_entry& file : fs::recursive_directory_iterator{templates}) {
            const std::string place = fs::relative(file.path(), templates).string();
            const fs::path to = folder / replaced(place, "NAME", name);
            if (file.is_directory()) {
                fs::create_directory(to);
            } else {
                write_filled_in(to, read(file.path()), name);
            }
        }
    } catch (const std::exception&) {
        fs::remove_all(folder, error);
        throw;
    }
}
