// request_text.h - what a Python thread needs to know of a request, copied out of its environ.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <grove/http/environ.h>

namespace grove::wsgi {

/// Text alone, which any thread may read.
class RequestText {
public:
    /// In the greenlet that serves it.
    explicit RequestText(const http::Environ& request);

    template <class Visit>
    void for_each(Visit visit) const {
        std::size_t at = 0;
        for (const Entry& entry : entries_) {
            const std::string_view key{text_.data() + at, entry.key_bytes};
            const std::string_view value{text_.data() + at + entry.key_bytes, entry.value_bytes};
            visit(key, value);
            at += entry.key_bytes + entry.value_bytes;
        }
    }
    /// "" if there is none.
    [[nodiscard]] std::string_view operator[](std::string_view key) const noexcept;

private:
    struct Entry {
        std::size_t key_bytes;
        std::size_t value_bytes;
    };
    std::string text_;
    std::vector<Entry> entries_;
};

}  // namespace grove::wsgi
