#include <grove/web/multipart.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include <grove/http/http_error.h>

#include "multipart_reader.h"
#include "part_head.h"
#include "saved_file.h"

namespace grove::web {
namespace {

constexpr std::size_t kFieldPart = 65536;

}  // namespace

Part::Part(MultipartReader& reader, PartHead head)
    : reader_{reader}, head_{std::make_unique<const PartHead>(std::move(head))} {}

Part::~Part() = default;

const std::string& Part::name() const noexcept { return head_->name; }

const std::string& Part::filename() const noexcept {
    static const std::string kNone;
    return head_->filename ? *head_->filename : kNone;
}

bool Part::is_file() const noexcept { return head_->filename.has_value(); }

std::string Part::content_type() const {
    const std::string* const type = http::find(head_->headers, "Content-Type");
    return type != nullptr ? *type : "text/plain";
}

const Headers& Part::headers() const noexcept { return head_->headers; }

std::string Part::read(std::ptrdiff_t n) {
    return reader_.read(n < 0 ? std::numeric_limits<std::size_t>::max()
                              : static_cast<std::size_t>(n));
}

std::string Part::text(std::size_t limit) {
    std::string text = reader_.read(limit);
    if (text.size() == limit && !reader_.read(1).empty())
        throw http::HttpError{413, "a part of the form is too large"};
    return text;
}

std::uint64_t Part::save(const std::string& path, std::uint64_t limit,
                         std::function<void(std::uint64_t)> progress) {
    SavedFile file{path};
    std::uint64_t written = 0;
    for (std::string piece; !(piece = reader_.read(kFieldPart)).empty();) {
        if (piece.size() > limit - written) throw http::HttpError{413, "the file is too large"};
        file.write(piece);
        written += piece.size();
        if (progress) progress(written);
    }
    file.keep();
    return written;
}

struct Multipart::State {
    explicit State(MultipartReader of_body) : reader{std::move(of_body)} {}

    MultipartReader reader;
    std::unique_ptr<Part> part{};
};

Multipart::Multipart(MultipartReader reader) : state_{std::make_unique<State>(std::move(reader))} {}
Multipart::Multipart(Multipart&& other) noexcept = default;
Multipart& Multipart::operator=(Multipart&& other) noexcept = default;
Multipart::~Multipart() = default;

Part* Multipart::next() {
    state_->part.reset();
    PartHead head;
    if (!state_->reader.next(head)) return nullptr;
    state_->part.reset(new Part{state_->reader, std::move(head)});  // its constructor is private
    return state_->part.get();
}

}  // namespace grove::web
