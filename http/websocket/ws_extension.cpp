#include "ws_extension.h"

#include <algorithm>

#include "ascii.h"

namespace grove::http {
namespace {

/// Reads Sec-WebSocket-Extensions by the grammar of RFC 6455 section 9.1.
class ExtensionText {
public:
    explicit ExtensionText(std::string_view text) : left_{trim_ows(text)} {}

    [[nodiscard]] bool at_end() const noexcept { return left_.empty(); }
    /// Takes `byte`, and the white space behind it.
    bool take(char byte) noexcept {
        if (left_.empty() || left_.front() != byte) return false;
        left_.remove_prefix(1);
        skip_space();
        return true;
    }
    /// @return "": there is none
    std::string_view token() noexcept {
        const auto* const end = std::find_if_not(left_.begin(), left_.end(), is_token_char);
        const std::string_view token =
            left_.substr(0, static_cast<std::size_t>(end - left_.begin()));
        left_.remove_prefix(token.size());
        skip_space();
        return token;
    }
    /// A token, or what is quoted. @return nullopt: neither is there
    std::optional<std::string> value() {
        if (left_.empty() || left_.front() != '"') {
            const std::string_view bare = token();
            return bare.empty() ? std::nullopt : std::optional<std::string>{bare};
        }
        std::string value;
        for (std::size_t at = 1; at < left_.size(); ++at) {
            if (left_[at] == '"') {
                left_.remove_prefix(at + 1);
                skip_space();
                return value;
            }
            if (left_[at] == '\\' && ++at == left_.size()) break;
            value += left_[at];
        }
        return std::nullopt;
    }

private:
    void skip_space() noexcept {
        while (!left_.empty() && (left_.front() == ' ' || left_.front() == '\t'))
            left_.remove_prefix(1);
    }

    std::string_view left_;
};

/// An offer of permessage-deflate, as its parameters are read.
class DeflateOffer {
public:
    void add(std::string_view name, const std::optional<std::string>& value) {
        if (name == "server_no_context_takeover") return note(server_forgets_, !value);
        if (name == "client_no_context_takeover") return note(client_forgets_, !value);
        if (name == "client_max_window_bits")
            return note(client_bits_, !value || bits_of(*value) != 0);
        if (name != "server_max_window_bits") return void(good_ = false);
        constexpr int kFewestOfZlib = 9;
        bits_ = value ? bits_of(*value) : 0;
        note(server_bits_, bits_ >= kFewestOfZlib);
    }
    [[nodiscard]] bool good() const noexcept { return good_; }
    [[nodiscard]] AgreedDeflate agreed() const {
        AgreedDeflate agreed;
        agreed.answer =
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
        if (!server_bits_) return agreed;
        agreed.window_bits = bits_;
        agreed.answer.append("; server_max_window_bits=").append(std::to_string(bits_));
        return agreed;
    }

private:
    // @return 8 to 15; 0: it is none of these
    static int bits_of(std::string_view value) noexcept {
        constexpr std::string_view kOne = "89";
        constexpr std::string_view kTwo = "012345";
        if (value.size() == 1 && kOne.find(value[0]) != std::string_view::npos)
            return value[0] - '0';
        if (value.size() == 2 && value[0] == '1' && kTwo.find(value[1]) != std::string_view::npos)
            return 10 + value[1] - '0';
        return 0;
    }
    void note(bool& seen, bool allowed) noexcept {
        good_ = good_ && allowed && !seen;
        seen = true;
    }

    bool good_ = true;
    bool server_forgets_ = false;
    bool client_forgets_ = false;
    bool client_bits_ = false;
    bool server_bits_ = false;
    int bits_ = 0;
};

// @return false: the grammar is broken
bool read_parameters(ExtensionText& text, DeflateOffer& offer) {
    while (text.take(';')) {
        const std::string_view name = text.token();
        if (name.empty()) return false;
        std::optional<std::string> value;
        if (text.take('=') && !(value = text.value())) return false;
        offer.add(name, value);
    }
    return true;
}

}  // namespace

std::optional<AgreedDeflate> agree_on_deflate(std::string_view offered) {
    ExtensionText text{offered};
    while (!text.at_end()) {
        if (text.take(',')) continue;
        const std::string_view name = text.token();
        DeflateOffer offer;
        if (name.empty() || !read_parameters(text, offer)) break;
        if (!text.at_end() && !text.take(',')) break;
        if (name == "permessage-deflate" && offer.good()) return offer.agreed();
    }
    return std::nullopt;
}

}  // namespace grove::http
