// compress - a middleware that compresses answers.
//
// config: {"types": [TYPE, …], "minimum": BYTES, "level": 1-9, "br", "zstd", "gzip", "cross_site", "with_cookies": BOOL}
#include <string_view>
#include <utility>

#include <grove/plugin.h>
#include <grove/web/compress.h>

#include "members.h"

namespace {

grove::http::Middleware make_compress(std::string_view config) {
    Members members{config};
    grove::web::CompressOptions options;
    members.take("types", options.types);
    members.take("minimum", options.minimum);
    members.take("level", options.level);
    members.take("br", options.br);
    members.take("zstd", options.zstd);
    members.take("gzip", options.gzip);
    members.take("cross_site", options.cross_site);
    members.take("with_cookies", options.with_cookies);
    members.done();
    return grove::web::compress(std::move(options));
}

}  // namespace

GROVE_MIDDLEWARE(compress, "1.0", make_compress);
