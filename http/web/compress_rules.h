// compress_rules.h - which answers compress() compresses. Any thread; never switches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <grove/http/environ.h>
#include <grove/http/headers.h>

#include "encoder.h"

namespace grove::web {

/// Which answers are compressed, and how. Whoever fills it has checked it.
struct CompressTerms {
    std::vector<std::string> types{};  ///< Media types; "text/*": all of them.
    std::vector<Coding> codings{};     ///< That are on; of equally weighed ones the first is taken.
    std::size_t minimum = 0;           ///< Bytes of the smallest body.
    std::optional<int> level{};
    bool cross_site = false;    ///< Also for requests of other sites' pages.
    bool with_cookies = false;  ///< Also answers with Set-Cookie.
};

class CompressRules {
public:
    explicit CompressRules(CompressTerms terms) : terms_{std::move(terms)} {}

    /// What the request's client wants, and may get; nullopt: no coding.
    [[nodiscard]] std::optional<Coding> coding_for(const http::Environ& environ) const;
    /// The answer may be encoded, if its body is large enough.
    [[nodiscard]] bool may_encode(int status, const http::Headers& headers) const;
    /// A body of this size is; nullopt: nobody knows.
    [[nodiscard]] bool is_large(std::optional<std::uint64_t> bytes) const noexcept {
        return !bytes || *bytes >= terms_.minimum;
    }
    /// For an answer that stays as it is: adds Vary where another request might get another form.
    /// @param if_none_match  the request's field: the tag that a 304 tells is the one that was sent
    void leave(int status, http::Headers& headers, std::string_view if_none_match) const;
    /// For an answer that is encoded.
    static void encode(Coding coding, http::Headers& headers);
    [[nodiscard]] std::optional<int> level() const noexcept { return terms_.level; }

private:
    [[nodiscard]] bool is_listed(const http::Headers& headers) const;

    const CompressTerms terms_;
};

}  // namespace grove::web
