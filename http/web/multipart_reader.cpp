#include "multipart_reader.h"

#include <algorithm>
#include <utility>

#include <grove/http/http_error.h>

namespace grove::web {
namespace {

constexpr std::size_t kPiece = 16384;
constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";

}  // namespace

MultipartReader::MultipartReader(Source source, std::string_view boundary, MultipartLimits limits)
    : source_{std::move(source)}, delimiter_{"\r\n--" + std::string{boundary}}, limits_{limits} {}

void MultipartReader::fill() {
    buffer_.erase(0, std::exchange(at_, 0));
    const bool line = lines_ != 0;
    if (line) --lines_;
    const std::string piece = source_(kPiece, line);
    if (piece.empty()) throw http::HttpError{400, "the form ends before its last boundary"};
    received_ += piece.size();
    if (limits_.bytes && received_ > *limits_.bytes)
        throw http::HttpError{413, "the form is too large"};
    buffer_ += piece;
}

void MultipartReader::fill_to(std::size_t bytes) {
    while (unread().size() < bytes) fill();
}

// How many bytes of the part are there to be taken; 0: what comes next is the delimiter.
std::size_t MultipartReader::known() {
    if (head_ends_) end_head();
    while (known_ == 0) {
        const std::string_view bytes = unread();
        const std::size_t found = bytes.find(delimiter_);
        if (found != std::string_view::npos) {
            known_ = found;
            break;
        }
        // The last of them may be the begin of a delimiter.
        if (bytes.size() >= delimiter_.size()) {
            known_ = bytes.size() - delimiter_.size() + 1;
        } else {
            fill();
        }
    }
    return known_;
}

std::string MultipartReader::read(std::size_t most) {
    std::string read;
    while (!done_ && read.size() < most) {
        const std::size_t bytes = std::min(known(), most - read.size());
        if (bytes == 0) break;
        read += unread().substr(0, bytes);
        at_ += bytes;
        known_ -= bytes;
    }
    return read;
}

bool MultipartReader::next(PartHead& head) {
    if (done_) return false;
    while (const std::size_t bytes = known()) {
        at_ += bytes;
        known_ = 0;
    }
    at_ += delimiter_.size();
    lines_ = kLines;
    fill_to(kLineEnd.size());
    if (unread().starts_with("--")) {  // what follows is nobody's (RFC 2046 section 5.1.1)
        done_ = true;
        return false;
    }
    if (++parts_ > limits_.parts) throw http::HttpError{413, "the form has too many parts"};
    end_delimiter_line();
    head = parse_part_head(take_head());
    return true;
}

// Some pad a delimiter with blanks. Stays at its line's end.
void MultipartReader::end_delimiter_line() {
    for (std::size_t blanks = 0;; ++blanks) {
        fill_to(kLineEnd.size());
        if (unread().starts_with(kLineEnd)) return;
        const bool blank = unread().front() == ' ' || unread().front() == '\t';
        if (!blank || blanks == limits_.part_head_bytes)
            throw http::HttpError{400, "a line begins with the boundary and goes on"};
        ++at_;
    }
}

std::string MultipartReader::take_head() {
    std::size_t end = 0;
    while ((end = unread().find(kHeadEnd)) == std::string_view::npos ||
           end > limits_.part_head_bytes) {
        if (unread().size() - std::min(unread().size(), kHeadEnd.size()) > limits_.part_head_bytes)
            throw http::HttpError{413, "the head of a part is too large"};
        fill();
    }
    std::string head{unread().substr(0, end + kLineEnd.size())};
    head.erase(0, kLineEnd.size());
    at_ += end + kLineEnd.size();
    head_ends_ = true;
    lines_ = kLines;
    return head;
}

// A part without a content need not have the CRLF that would end its head (RFC 2046 section 5.1.1).
void MultipartReader::end_head() {
    while (unread().size() < delimiter_.size() && delimiter_.starts_with(unread())) fill();
    if (!unread().starts_with(delimiter_)) at_ += kLineEnd.size();
    head_ends_ = false;
}

}  // namespace grove::web
