// Queries (Request::query()) and forms: asked for one name they say what they say as a whole, or are refused.
#include <grove/http/http_error.h>

#include "fuzz.h"
#include "urlencoded.h"

GROVE_FUZZ_TARGET(form) {
    using namespace grove;
    const std::string_view text = fuzz::FuzzBytes{data, size}.rest();
    try {
        const web::Fields fields = web::parse_urlencoded(text);
        fuzz::require(fields.size() <= web::kMostFields, "fields are bounded");
        if (fields.size() > 20) return 0;  // each is looked for below
        for (const auto& [name, value] : fields) {
            fuzz::require(web::find_urlencoded(text, name) == fields.get(name),
                          "the first of a name is the same");
            fuzz::require(web::find_all_urlencoded(text, name) == fields.get_all(name),
                          "all of a name are the same");
        }
    } catch (const http::HttpError& error) {
        fuzz::require(error.status() == 400 || error.status() == 413, "a refusal is the client's");
    }
    return 0;
}
