#include "date.h"

#include <array>

#include "calendar.h"

namespace grove::http {
namespace {

struct Cached {
    std::time_t second;
    std::array<char, kHttpDatePattern.size()> text;
};

// Initial-exec: the library is linked, not loaded late, and a call through __tls_get_addr for every
// response would cost more than the comparison it serves.
[[gnu::tls_model("initial-exec")]] thread_local constinit Cached cached{
    0, {'T', 'h', 'u', ',', ' ', '0', '1', ' ', 'J', 'a', 'n', ' ', '1', '9', '7',
        '0', ' ', '0', '0', ':', '0', '0', ':', '0', '0', ' ', 'G', 'M', 'T'}};

// Apart: a function whose calls fill a struct of its own guards its stack.
[[gnu::noinline]] void format(std::time_t now, char* text) noexcept { put_http_date(text, now); }

}  // namespace

std::string_view http_date(std::time_t now) noexcept {
    if (cached.second != now) {
        format(now, cached.text.data());
        cached.second = now;
    }
    return {cached.text.data(), cached.text.size()};
}

}  // namespace grove::http
