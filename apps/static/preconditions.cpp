#include "preconditions.h"

#include <optional>

#include "entity_tag.h"
#include "http_date.h"

namespace {

using grove::http::Environ;

// nullopt: absent, or no date, which is as good.
std::optional<std::time_t> date(const Environ& request, std::string_view key) {
    const std::optional<std::string_view> value = request.get(key);
    return value ? parse_http_date(std::string{*value}) : std::nullopt;
}

}  // namespace

Verdict check_preconditions(const Environ& request, const Validators& validators) {
    if (const auto tags = request.get("HTTP_IF_MATCH")) {
        if (!lists_tag(*tags, validators.etag, TagComparison::kStrong)) return Verdict::kFailed;
    } else if (const auto since = date(request, "HTTP_IF_UNMODIFIED_SINCE")) {
        if (!validators.modified || *validators.modified > *since) return Verdict::kFailed;
    }
    if (const auto tags = request.get("HTTP_IF_NONE_MATCH")) {
        return lists_tag(*tags, validators.etag, TagComparison::kWeak) ? Verdict::kNotModified
                                                                       : Verdict::kGoOn;
    }
    const auto since = date(request, "HTTP_IF_MODIFIED_SINCE");
    return since && validators.modified && *validators.modified <= *since ? Verdict::kNotModified
                                                                          : Verdict::kGoOn;
}

bool range_counts(const Environ& request, const Validators& validators, std::time_t now) {
    const auto condition = request.get("HTTP_IF_RANGE");
    if (!condition) return true;
    if (const auto when = parse_http_date(std::string{*condition}))
        return validators.modified && *when == *validators.modified && now > *when;
    return *condition == validators.etag;
}
