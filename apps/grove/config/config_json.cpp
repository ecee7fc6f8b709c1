#include "config_json.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "config_error.h"
#include "one_line.h"

namespace grove::http {
namespace {

using Json = nlohmann::ordered_json;

// Far more than a configuration needs; what walks the value later may recurse.
constexpr std::size_t kMostLevels = 100;

struct TextPosition {
    std::size_t line;
    std::size_t column;
};

TextPosition position_of(std::string_view text, std::size_t offset) {
    const std::string_view before = text.substr(0, offset);
    const std::size_t newline = before.rfind('\n');
    const std::size_t line_begin = newline == std::string_view::npos ? 0 : newline + 1;
    const auto newlines = std::count(before.begin(), before.end(), '\n');
    return {.line = static_cast<std::size_t>(newlines) + 1,
            .column = before.size() - line_begin + 1};
}

// nlohmann's texts begin with a name and a position of their own, and quote all that was read of
// the line: "[json.…] parse error at line 1, column 5: syntax error while …; last read: '…';
// expected …".
std::string reason_of(std::string_view what) {
    for (const std::string_view prefix : {"] ", "column "}) {
        if (const std::size_t at = what.find(prefix); at != std::string_view::npos)
            what.remove_prefix(at + prefix.size());
    }
    const std::size_t digits = std::min(what.find_first_not_of("0123456789"), what.size());
    if (digits > 0 && what.substr(digits).starts_with(": ")) what.remove_prefix(digits + 2);
    std::string reason{what};
    if (const std::size_t quote = reason.find("; last read: '"); quote != std::string::npos)
        reason.erase(quote, reason.rfind('\'') + 1 - quote);
    return reason;
}

// Builds the value as nlohmann's own reader does, but looks at each key before it replaces one.
class Builder : public nlohmann::json_sax<Json> {
public:
    Builder(std::string file, std::string_view text, std::vector<std::string>& faults)
        : file_{std::move(file)}, text_{text}, faults_{faults} {}

    Json take() { return std::move(root_); }

    bool null() override { return put(nullptr); }
    bool boolean(bool value) override { return put(value); }
    bool number_integer(number_integer_t value) override { return put(value); }
    bool number_unsigned(number_unsigned_t value) override { return put(value); }
    bool number_float(number_float_t value, const string_t&) override { return put(value); }
    bool string(string_t& value) override { return put(std::move(value)); }
    bool binary(binary_t&) override { return false; }  // JSON text has none

    bool start_object(std::size_t) override { return open(Json::object()); }
    bool start_array(std::size_t) override { return open(Json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool key(string_t& key) override {
        if (open_.back().value->contains(key)) {
            const std::string pointer = json_pointer(open_.back().pointer, key);
            faults_.push_back(
                one_line(file_ + ": " + pointer + ": is given twice, must be given once"));
        }
        key_ = key;
        return true;
    }

    bool parse_error(std::size_t position, const std::string&,
                     const nlohmann::detail::exception& error) override {
        // `position` counts the bytes that were read, the one that did not fit among them.
        fail(std::min(std::max<std::size_t>(position, 1) - 1, text_.size()),
             reason_of(error.what()));
    }

private:
    struct Open {
        Json* value;  // stays: an array or object gains nothing while a child of it is open
        std::string pointer;
    };

    [[noreturn]] void fail(std::size_t offset, const std::string& reason) const {
        const TextPosition at = position_of(text_, offset);
        throw ConfigError{{one_line(file_ + ":" + std::to_string(at.line) + ":" +
                                    std::to_string(at.column) + ": " + reason)}};
    }

    std::string next_pointer() const {
        if (open_.empty()) return "";
        const Open& parent = open_.back();
        return parent.value->is_object()
                   ? json_pointer(parent.pointer, key_)
                   : json_pointer(parent.pointer, std::to_string(parent.value->size()));
    }

    Json& place(Json value) {
        if (open_.empty()) return root_ = std::move(value);
        Json& parent = *open_.back().value;
        if (parent.is_object()) return parent[key_] = std::move(value);
        parent.push_back(std::move(value));
        return parent.back();
    }

    bool put(Json value) {
        place(std::move(value));
        return true;
    }

    bool open(Json value) {
        std::string pointer = next_pointer();
        if (open_.size() == kMostLevels) {
            throw ConfigError{{one_line(file_ + ": " + pointer + ": nested too deep, at most " +
                                        std::to_string(kMostLevels) + " levels")}};
        }
        open_.push_back({.value = &place(std::move(value)), .pointer = std::move(pointer)});
        return true;
    }

    bool close() {
        open_.pop_back();
        return true;
    }

    std::string file_;
    std::string_view text_;
    std::vector<std::string>& faults_;
    Json root_;
    std::vector<Open> open_;
    std::string key_;
};

}  // namespace

Json parse_config_json(const std::string& file, std::string_view text,
                       std::vector<std::string>& faults) {
    Builder builder{file, text, faults};
    Json::sax_parse(text.begin(), text.end(), &builder, Json::input_format_t::json,
                    /*strict=*/true, /*ignore_comments=*/true);
    return builder.take();
}

std::string json_pointer(const std::string& pointer, std::string_view key) {
    std::string result = pointer + "/";
    for (const char c : key) {
        if (c == '~') {
            result += "~0";
        } else if (c == '/') {
            result += "~1";
        } else {
            result += c;
        }
    }
    return result;
}

}  // namespace grove::http
