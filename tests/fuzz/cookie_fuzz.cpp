// The field Cookie, as anybody may send it: what is found is a part of it, without what parts cookies.
#include "cookie_text.h"
#include "fuzz.h"

GROVE_FUZZ_TARGET(cookie) {
    using namespace grove;
    const std::string_view text = fuzz::FuzzBytes{data, size}.rest();
    for (const std::string_view name : {"a", "b", "session", ""}) {
        const auto value = web::find_cookie(text, name);
        if (!value) continue;
        fuzz::require(!name.empty(), "a cookie has a name");
        fuzz::require(value->find(';') == std::string_view::npos, "a value ends at ';'");
        fuzz::require(value->empty() || (value->data() >= text.data() &&
                                         value->data() + value->size() <= text.data() + size),
                      "a value is a part of the field");
    }
    return 0;
}
