// compress_rules.h - which answers compress() compresses. Any thread; never switches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <grove/http/environ.h>
#include <grove/http/headers.h>
#include <grove/web/compress.h>

#include "encoder.h"

namespace grove::web {

class CompressRules {
public:
    /// @throws std::invalid_argument as compress()
    explicit CompressRules(CompressOptions options);

    /// What the request's client wants, and may get; nullopt: no coding.
    [[nodiscard]] std::optional<Coding> coding_for(const http::Environ& environ) const;
    /// The answer may be encoded, if its body is large enough.
    [[nodiscard]] bool may_encode(int status, const http::Headers& headers) const;
    /// A body of this size is; nullopt: nobody knows.
    [[nodiscard]] bool is_large(std::optional<std::uint64_t> bytes) const noexcept {
        return !bytes || *bytes >= options_.minimum;
    }
    /// For an answer that stays as it is: adds Vary where another request might get another form.
    /// @param if_none_match  the request's field: the tag that a 304 tells is the one that was sent
    void leave(int status, http::Headers& headers, std::string_view if_none_match) const;
    /// For an answer that is encoded.
    static void encode(Coding coding, http::Headers& headers);
    [[nodiscard]] std::optional<int> level() const noexcept { return options_.level; }

private:
    [[nodiscard]] bool is_listed(const http::Headers& headers) const;

    const CompressOptions options_;
    std::vector<Coding> codings_;  // that are on
};

}  // namespace grove::web
