#include "log_origin.h"

#include <utility>

#include "connection.h"
#include "exchange.h"
#include "log_text.h"

namespace grove::http {
namespace {

/// What a greenlet has of its maker's: a copy, as the request may be over before the greenlet is.
class Inherited final : public LogOrigin {
public:
    explicit Inherited(Text text) noexcept : text_{std::move(text)} {}

private:
    [[nodiscard]] Text text() const override { return text_; }

    Text text_;
};

std::string origin(std::string_view request, std::string_view mount) {
    if (request.empty() && mount.empty()) return {};
    std::string text = " (";
    if (!request.empty()) text.append("request ").append(request);
    if (!request.empty() && !mount.empty()) text += ", ";
    if (!mount.empty()) text += "mount " + escaped(mount);
    return text + ')';
}

LogOrigin::Text shared(std::string text) {
    return text.empty() ? nullptr : std::make_shared<const std::string>(std::move(text));
}

}  // namespace

std::string origin_of(Exchange& exchange) {
    return origin(exchange.request_id(), exchange.script_name());
}

LogOrigin::Text LogOrigin::of_running() {
    const auto* const newest =
        dynamic_cast<const LogOrigin*>(grove::detail::InheritedValue::of_running());
    return newest != nullptr ? newest->text() : nullptr;
}

std::unique_ptr<grove::detail::InheritedValue> LogOrigin::for_child() const {
    Text its_own = text();
    return its_own != nullptr ? std::make_unique<Inherited>(std::move(its_own)) : nullptr;
}

LogOrigin::Text OriginOfTurn::text() const {
    if (connection_ == nullptr || connection_->turn != &turn_) return nullptr;
    Exchange* const exchange = connection_->exchange;
    return exchange != nullptr && exchange->client != nullptr ? shared(origin_of(*exchange))
                                                              : nullptr;
}

OriginOfMount::OriginOfMount(std::string_view path)
    : OriginOfMount{shared(origin({}, path.substr(0, path.find_last_not_of('/') + 1)))} {}

OriginOfMount::OriginOfMount(Text text) : text_{std::move(text)} { join_running(); }

LogOrigin::Text OriginOfMount::text() const { return text_; }

}  // namespace grove::http
