// compress.h - answers in fewer bytes, for clients that can read them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <grove/core/detail/export.h>
#include <grove/http/middleware.h>

namespace grove::web {

/// What compress() compresses, and how.
struct CompressOptions {
    /// Media types, in any case; "text/*": all of them.
    std::vector<std::string> types{"text/*",          "application/json", "application/javascript",
                                   "application/xml", "application/wasm", "image/svg+xml"};
    /// Bytes of the smallest body, where its size is known before it is sent.
    std::size_t minimum = 1024;
    /// From 1 (fast) to 9 (small), for all codings alike; nullopt: gzip 6, brotli 4, zstd 3 of
    /// their own scales.
    std::optional<int> level{};
    bool br = true;    ///< Brotli (RFC 7932).
    bool zstd = true;  ///< Zstandard (RFC 8878).
    bool gzip = true;  ///< RFC 1952.
    /// Also for requests of other sites' pages (Sec-Fetch-Site: cross-site). An attacker who can
    /// make a browser send requests, and sees the sizes, may guess a secret of the page that stands
    /// beside the attacker's text (BREACH).
    bool cross_site = false;
    bool with_cookies = false;  ///< Also answers with Set-Cookie, for the same reason.
};

/// Compresses the answers of these types as the request's Accept-Encoding weighs the codings; of
/// equally weighed codings, brotli is taken first, gzip last. All answers of these types get Vary:
/// Accept-Encoding. An answer stays as it is if its application encoded it, if it is a part
/// (Content-Range), if its status has no body, if Cache-Control has no-transform, or if no accepted
/// coding is on. In a compressed answer, a strong ETag becomes weak, and Content-Length and
/// Accept-Ranges are taken away.
///
/// Each piece of a generator, and of write(), leaves at once as it comes, decodable to its end. The
/// greenlet reads a file; the kernel does not send it any more. Compressing takes the thread's
/// time, 64 KiB at a time at most between two sends; a request that streams holds up to 9 MiB.
/// Blocks as the application does.
/// @throws std::invalid_argument  a level outside of 1 to 9; a type that is not a media type
GROVE_EXPORT http::Middleware compress(CompressOptions options = {});

}  // namespace grove::web
