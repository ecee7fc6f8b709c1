#include <grove/http/body.h>

#include <exception>

#include <grove/core/hub.h>
#include <grove/core/shield.h>

namespace grove::http {
namespace {

// Inside out: what a generator holds may be a body of its own, which a middleware has wrapped.
[[gnu::noinline]] void call_each(std::vector<std::function<void()>>& functions,
                                 Body::Content& content) noexcept {
    const Shield shield;
    if (std::holds_alternative<Body::Generator>(content)) content = std::string{};
    for (const auto& function : std::exchange(functions, {})) {
        try {
            function();
        } catch (...) {
            get_hub().handle_error("on_close of a response body", std::current_exception());
        }
    }
}

}  // namespace

Body::Body() noexcept = default;
Body::Body(std::string text) noexcept : content_{std::move(text)} {}
Body::Body(std::string_view text) : content_{std::string{text}} {}
Body::Body(const char* text) : content_{std::in_place_type<std::string>, text} {}
Body::Body(std::shared_ptr<const std::string> text) noexcept {
    if (text != nullptr) content_ = std::move(text);
}
Body::Body(std::vector<std::string> pieces) noexcept : content_{std::move(pieces)} {}
Body::Body(std::initializer_list<Piece> pieces) {
    if (pieces.size() == 1) {
        content_ = std::move(pieces.begin()->text_);
        return;
    }
    auto& texts = content_.emplace<std::vector<std::string>>();
    texts.reserve(pieces.size());
    for (const Piece& piece : pieces) texts.push_back(std::move(piece.text_));
}

Body::Body(const File& file) : content_{OpenFile::open(file)} {}
Body::Body(OpenFile file) noexcept : content_{std::move(file)} {}

Body::Body(Body&& other) noexcept
    : content_{std::move(other.content_)},
      on_close_{std::exchange(other.on_close_, {})},
      trailers_{std::move(other.trailers_)} {}

Body& Body::operator=(Body&& other) noexcept {
    if (this != &other) {
        close();
        content_ = std::move(other.content_);
        on_close_ = std::exchange(other.on_close_, {});
        trailers_ = std::move(other.trailers_);
    }
    return *this;
}

Body::~Body() { close(); }

Body& Body::on_close(std::function<void()> function) & {
    on_close_.push_back(std::move(function));
    return *this;
}

Body&& Body::on_close(std::function<void()> function) && {
    on_close_.push_back(std::move(function));
    return std::move(*this);
}

Body& Body::trailers(std::function<Headers()> function) & {
    trailers_ =
        function ? std::make_unique<std::function<Headers()>>(std::move(function)) : nullptr;
    return *this;
}

Body&& Body::trailers(std::function<Headers()> function) && {
    return std::move(trailers(std::move(function)));
}

std::function<Headers()> Body::take_trailers() noexcept {
    const auto taken = std::exchange(trailers_, nullptr);
    return taken != nullptr ? std::move(*taken) : nullptr;
}

void Body::close() noexcept {
    if (!on_close_.empty()) call_each(on_close_, content_);
}

const std::string* one_text(const Body::Content& content) noexcept {
    if (const auto* shared = std::get_if<std::shared_ptr<const std::string>>(&content))
        return shared->get();
    return std::get_if<std::string>(&content);
}

}  // namespace grove::http
