#include <grove/http/spare_headers.h>

#include <cstddef>
#include <utility>

namespace grove::http {
namespace {

constexpr std::size_t kMostKept = 64;  // fields; an answer with more pays for its own

// Initial-exec as in date.cpp.
[[gnu::tls_model("initial-exec")]] thread_local constinit Headers spare;

}  // namespace

Headers take_spare_headers() noexcept { return std::exchange(spare, {}); }

void give_spare_headers(Headers&& headers) noexcept {
    if (spare.capacity() != 0 || headers.capacity() > kMostKept) return;
    headers.clear();
    spare = std::move(headers);
}

}  // namespace grove::http
