#include "too_many_lasting.h"

namespace grove::http {

TooManyLasting::TooManyLasting(std::string_view limit, std::size_t most, std::string_view what)
    : HttpError{503} {
    why_.append("limits.").append(limit).append(": ").append(std::to_string(most));
    why_.append(" ").append(what).append(" already");
}

}  // namespace grove::http
