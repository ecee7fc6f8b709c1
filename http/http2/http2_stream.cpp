#include "http2_stream.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <system_error>
#include <utility>

#include <unistd.h>

#include <grove/core/hub.h>

#include "http2_connection.h"
#include "http2_fields.h"

namespace grove::http {

Http2Stream::~Http2Stream() = default;

// ---- What its connection tells it

void Http2Stream::head_came(bool ends) noexcept {
    head_due_ = true;
    bodiless_ = ended_ = ends;
}

void Http2Stream::session_forgot() noexcept {
    known_ = false;
    lost_ = lost_ || !ended_ || !end_made_;
    leave_place();
}

void Http2Stream::connection_gone() noexcept {
    counted_ = false;
    connection_ = nullptr;
    Http2StreamHook::unlink();
    Http2WaitHook::unlink();
    Http2NewsHook::unlink();
    known_ = false;
    lost_ = lost_ || !ended_ || !end_made_;
    ++shares_;
    tell_who_serves();
    if (!std::exchange(forgotten_, true)) release();
    release();
}

void Http2Stream::tell_news() noexcept {
    ++shares_;
    if (std::exchange(head_due_, false)) {
        if (known_) connection_->serve(*this);
    } else {
        tell_who_serves();
    }
    if (!known_ && !std::exchange(forgotten_, true)) {
        if (!used_) uncount();
        release();
    }
    release();
}

void Http2Stream::tell_who_serves() noexcept {
    wake_all();
    if (hook_ != nullptr) hook_->on_readable();
    if (lost_ && hook_ != nullptr) hook_->on_writable();
}

void Http2Stream::tell_of_room() noexcept {
    writable_.set();
    if (std::exchange(tells_writable_, false) && hook_ != nullptr) hook_->on_writable();
}

void Http2Stream::wake_all() noexcept {
    readable_.set();
    if (lost_ || closed_) writable_.set();
}

// Neither its client nor its application has anything to do with it any more.
void Http2Stream::leave_place() noexcept {
    const bool over = !known_ && (closed_ || !used_);
    if (over && std::exchange(placed_, false) && connection_ != nullptr)
        connection_->place_is_free();
}

void Http2Stream::uncount() noexcept {
    if (std::exchange(counted_, false) && connection_ != nullptr) connection_->stream_closed();
}

std::size_t Http2Stream::next_data(std::size_t most, DataEnd& end) const noexcept {
    const std::size_t bytes = std::min(most, owed());
    if (ends_ && bytes == owed())
        end = trailers_due != nullptr ? DataEnd::kTrailers : DataEnd::kStream;
    return bytes;
}

void Http2Stream::append_data(std::size_t bytes, std::string& out) {
    out.append(outbox_, sent_, bytes);
    sent_ += bytes;
    connection_->gave_up(bytes);
    if (sent_ != outbox_.size()) return;
    outbox_.clear();
    sent_ = 0;
}

// A body that nobody will read need not come: the answer stands all the same (RFC 9113 section 8.1).
void Http2Stream::end_made() noexcept {
    end_made_ = true;
    if (closed_ && !ended_) connection_->session().reset(id_, NGHTTP2_NO_ERROR);
}

// ---- The body

// What the hub receives waits for its reader, and so for its window. A reader that receives has done with what it had.
Socket::Outcome Http2Stream::try_receive(std::span<char> room) noexcept {
    if (closed_) return -EBADF;
    const std::size_t bytes = std::min(unread(), room.size());
    if (bytes == 0) return lost_ && !ended_ ? -ECONNRESET : -EAGAIN;
    std::memcpy(room.data(), inbox_.data() + read_, bytes);
    read_ += bytes;
    if (unread() == 0) {
        inbox_.clear();
        read_ = 0;
    }
    if (connection_ != nullptr) connection_->session().body(id_).consume_of_all(bytes);
    if (!get_hub().in_hub()) give_back();
    held_ += bytes;
    if (connection_ != nullptr) connection_->send_soon();
    return static_cast<Socket::Outcome>(bytes);
}

void Http2Stream::give_back() noexcept {
    const std::size_t bytes = std::exchange(held_, 0);
    if (connection_ == nullptr || bytes == 0) return;
    connection_->session().body(id_).consume_of_stream(bytes);
    connection_->send_soon();
}

// Its window is shut: limits.body_buffer is larger, or padding has used up what is missing.
void Http2Stream::needs_more() noexcept {
    // What the padding still needs that has not come yet, and a byte with padding of its own.
    constexpr std::int32_t kLittle = 255 + 257;
    if (connection_ == nullptr || !known_ || ended_) return;
    const Http2BodyWindow window = connection_->session().body(id_);
    const bool padded = window.used() > static_cast<std::int64_t>(held_ + unread());
    if (window.left() <= 0 || (padded && window.left() < kLittle)) give_back();
}

void Http2Stream::drop_unread() noexcept {
    if (connection_ != nullptr && unread() != 0) connection_->session().body(id_).consume(unread());
    std::string{}.swap(inbox_);
    read_ = 0;
}

bool Http2Stream::wait_readable(Timespan timeout) {
    if (!closed_ && drained() && !finished()) {
        give_back();
        readable_.clear();
        if (!readable_.wait(timeout)) return false;
    }
    if (closed_) throw std::system_error{EBADF, std::generic_category(), "receive"};
    return true;
}

// ---- The answer

void Http2Stream::head(const ResponseHead& head, bool ends) {
    if (connection_ == nullptr || lost_) return;
    connection_->session().respond(id_, connection_->fields().of(head), ends ? nullptr : this);
    ends_ = ends;
    if (head.fields.close) connection_->retire();
    connection_->send_soon();
}

void Http2Stream::tell_to_continue() {
    if (connection_ == nullptr || lost_) return;
    ResponseHead head;
    head.status = "100";
    head.fields.has_date = true;
    connection_->session().tell(id_, connection_->fields().of(head));
    connection_->send_soon();
}

void Http2Stream::answer(const ResponseHead& head, std::string_view body) {
    if (connection_ == nullptr || lost_) return;
    this->head(head, body.empty());
    outbox_.append(body);
    ends_ = true;
    connection_->took(body.size());
}

std::size_t Http2Stream::room() const noexcept {
    return connection_ != nullptr && known_ ? connection_->room(*this) : 0;
}

void Http2Stream::gave(std::size_t bytes) noexcept {
    connection_->took(bytes);
    if (left_) end_after(*left_ - std::min(*left_, bytes));
    connection_->session().resume(id_);
    connection_->send_soon();
}

Socket::Outcome Http2Stream::try_send(std::span<const iovec> pieces) noexcept {
    if (lost_ || closed_ || ends_) return -EPIPE;
    std::size_t left = room();
    const std::size_t before = outbox_.size();
    try {
        for (const iovec& piece : pieces) {
            const std::size_t bytes = std::min(left, piece.iov_len);
            outbox_.append(static_cast<const char*>(piece.iov_base), bytes);
            left -= bytes;
        }
    } catch (const std::bad_alloc&) {
        outbox_.erase(before);
        return -ENOMEM;
    }
    const std::size_t taken = outbox_.size() - before;
    if (taken == 0) return -EAGAIN;
    gave(taken);
    return static_cast<Socket::Outcome>(taken);
}

Socket::Outcome Http2Stream::try_send_file(int file, std::uint64_t offset,
                                           std::size_t bytes) noexcept {
    if (lost_ || closed_ || ends_) return -EPIPE;
    const std::size_t most = std::min(room(), bytes);
    if (most == 0) return -EAGAIN;
    const std::size_t before = outbox_.size();
    try {
        outbox_.append(most, '\0');
    } catch (const std::bad_alloc&) {
        return -ENOMEM;
    }
    const ssize_t got = ::pread(file, outbox_.data() + before, most, static_cast<off_t>(offset));
    const int error = errno;
    outbox_.erase(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got > 0) gave(static_cast<std::size_t>(got));
    return got < 0 ? -error : got;
}

void Http2Stream::end_after(std::size_t bytes) noexcept {
    left_ = bytes;
    if (bytes != 0 || ends_ || connection_ == nullptr) return;
    ends_ = true;
    connection_->session().resume(id_);
    connection_->send_soon();
}

std::size_t Http2Stream::unsent() const noexcept {
    return owed() + (connection_ != nullptr ? connection_->stuck() : 0);
}

bool Http2Stream::wait_writable(Timespan timeout) {
    if (!closed_ && !lost_ && room() == 0) {
        writable_.clear();
        connection_->wait_for_room(*this);
        if (!writable_.wait(timeout)) return false;
    }
    if (closed_) throw std::system_error{EBADF, std::generic_category(), "send"};
    return true;
}

void Http2Stream::watch_writable() noexcept {
    if (connection_ == nullptr || lost_) return;
    tells_writable_ = true;
    connection_->wait_for_room(*this);
}

// ---- Its end

void Http2Stream::cut(std::uint32_t code) noexcept {
    if (lost_) return;
    lost_ = true;
    if (connection_ == nullptr) return;
    if (known_) connection_->session().reset(id_, code);
    connection_->gave_up(owed());
    std::string{}.swap(outbox_);
    sent_ = 0;
    connection_->send_soon();
}

void Http2Stream::close() noexcept {
    if (std::exchange(closed_, true)) return;
    hook_ = nullptr;
    drop_unread();
    if (!ends_) cut(NGHTTP2_INTERNAL_ERROR);
    if (connection_ != nullptr) {
        if (end_made_ && !ended_ && known_) connection_->session().reset(id_, NGHTTP2_NO_ERROR);
        connection_->send_soon();
    }
    uncount();
    leave_place();
    wake_all();
}

void Http2Stream::reset() noexcept {
    cut(NGHTTP2_CANCEL);
    wake_all();
}

void Http2Stream::let_go() noexcept {
    close();
    used_ = false;
    release();
}

}  // namespace grove::http
