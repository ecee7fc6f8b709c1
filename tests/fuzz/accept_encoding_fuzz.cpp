// Accept-Encoding: what is wanted is one of ours, whatever case and order are.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "accept_encoding.h"
#include "fuzz.h"

GROVE_FUZZ_TARGET(accept_encoding) {
    using namespace grove;
    using web::Coding;
    const std::string_view field = fuzz::FuzzBytes{data, size}.rest();
    std::vector<Coding> ours{Coding::kBrotli, Coding::kZstd, Coding::kGzip};
    const std::optional<Coding> wanted = web::wanted_coding(field, ours);
    fuzz::require(!web::wanted_coding(field, {}), "of none of ours, none is wanted");
    if (wanted)
        fuzz::require(web::wanted_coding(field, {*wanted}) == wanted, "it is wanted alone, too");

    std::string large{field};
    for (char& byte : large) {
        if (byte >= 'a' && byte <= 'z') byte = static_cast<char>(byte - 'a' + 'A');
    }
    fuzz::require(web::wanted_coding(large, ours) == wanted, "case changes nothing");

    std::reverse(ours.begin(), ours.end());
    fuzz::require(web::wanted_coding(field, ours).has_value() == wanted.has_value(),
                  "our order decides among equals alone");
    return 0;
}
