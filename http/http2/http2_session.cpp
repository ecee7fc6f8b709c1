#include "http2_session.h"

#include <array>
#include <limits>
#include <new>
#include <utility>

namespace grove::http {
namespace {

constexpr std::size_t kMostAcks = 100;
constexpr std::size_t kMostSettings = 32;
constexpr std::size_t kMostContinuations = 8;
constexpr std::uint64_t kUnbounded = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t kFirstWindow = 65535;  // RFC 9113 section 6.9.2

Http2Events& events_of(void* user) noexcept { return *static_cast<Http2Events*>(user); }

Http2Stream* stream_of(nghttp2_session* session, std::int32_t id) noexcept {
    return static_cast<Http2Stream*>(nghttp2_session_get_stream_user_data(session, id));
}

// Exceptions must not pass through C.
template <class Call>
int guarded(Call call) noexcept {
    try {
        return call();
    } catch (...) {  // the session ends by it, with INTERNAL_ERROR
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
}

Http2Frame frame_of(const nghttp2_frame_hd& head) noexcept {
    return {head.type, head.flags, head.stream_id, head.length};
}

int on_begin_frame(nghttp2_session* session, const nghttp2_frame_hd* head, void* user) noexcept {
    return guarded([=] {
        if (const std::uint32_t error = events_of(user).on_frame(frame_of(*head)))
            nghttp2_session_terminate_session(session, error);
        return 0;
    });
}

bool is_request(const nghttp2_frame& frame) noexcept {
    return frame.hd.type == NGHTTP2_HEADERS && frame.headers.cat == NGHTTP2_HCAT_REQUEST;
}

int on_begin_headers(nghttp2_session* /*session*/, const nghttp2_frame* frame,
                     void* user) noexcept {
    return guarded([=] {
        if (is_request(*frame)) events_of(user).on_head_begins(frame->hd.stream_id);
        return 0;
    });
}

std::string_view text_of(nghttp2_rcbuf* bytes) noexcept {
    const nghttp2_vec piece = nghttp2_rcbuf_get_buf(bytes);
    return {reinterpret_cast<const char*>(piece.base), piece.len};
}

// Where its answer stands among those that wait.
void order(nghttp2_session* session, std::int32_t id, Priority priority) noexcept {
    const nghttp2_extpri told{priority.urgency, priority.incremental ? 1 : 0};
    nghttp2_session_change_extpri_stream_priority(session, id, &told, 0);
}

int on_header(nghttp2_session* session, const nghttp2_frame* frame, nghttp2_rcbuf* name,
              nghttp2_rcbuf* value, std::uint8_t /*flags*/, void* user) noexcept {
    return guarded([=] {
        Http2Stream* const stream = stream_of(session, frame->hd.stream_id);
        if (stream == nullptr) return 0;
        const bool of_head = is_request(*frame);
        events_of(user).on_field(*stream, text_of(name), text_of(value), !of_head);
        if (of_head && text_of(name) == "priority")
            order(session, frame->hd.stream_id, priority_of(text_of(value)));
        return 0;
    });
}

void tell_of_priority(nghttp2_session* session, const nghttp2_frame& frame, Http2Events& events) {
    const auto& update = *static_cast<const nghttp2_ext_priority_update*>(frame.ext.payload);
    if (Http2Stream* const stream = stream_of(session, update.stream_id)) {
        events.on_priority(
            *stream, {reinterpret_cast<const char*>(update.field_value), update.field_value_len});
    }
}

void tell_of_stream_frame(Http2Events& events, Http2Stream& stream, const nghttp2_frame& frame) {
    const bool ends = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (is_request(frame)) {
        events.on_head(stream, ends);
    } else if (ends || frame.hd.type == NGHTTP2_HEADERS) {
        events.on_body_end(stream, ends);
    }
}

int on_frame_recv(nghttp2_session* session, const nghttp2_frame* frame, void* user) noexcept {
    return guarded([=] {
        Http2Events& events = events_of(user);
        const bool ack = (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0;
        if (frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS) {
            if (Http2Stream* const stream = stream_of(session, frame->hd.stream_id))
                tell_of_stream_frame(events, *stream, *frame);
        } else if (frame->hd.type == NGHTTP2_SETTINGS && !ack) {
            events.on_settings();
        } else if (frame->hd.type == NGHTTP2_PRIORITY_UPDATE) {
            tell_of_priority(session, *frame, events);
        } else if (frame->hd.type == NGHTTP2_PING && ack) {
            events.on_notice_taken();
        }
        return 0;
    });
}

int on_data_chunk(nghttp2_session* session, std::uint8_t /*flags*/, std::int32_t id,
                  const std::uint8_t* bytes, std::size_t count, void* user) noexcept {
    return guarded([=] {
        events_of(user).on_data(stream_of(session, id), id,
                                {reinterpret_cast<const char*>(bytes), count});
        return 0;
    });
}

int on_stream_close(nghttp2_session* session, std::int32_t id, std::uint32_t code,
                    void* user) noexcept {
    return guarded([=] {
        if (Http2Stream* const stream = stream_of(session, id))
            events_of(user).on_stream_closed(*stream, code);
        return 0;
    });
}

int on_frame_send(nghttp2_session* session, const nghttp2_frame* frame, void* user) noexcept {
    return guarded([=] {
        Http2Events& events = events_of(user);
        if (frame->hd.type == NGHTTP2_GOAWAY)
            events.on_go_away_made(frame->goaway.error_code, frame->goaway.last_stream_id);
        if (frame->hd.type == NGHTTP2_RST_STREAM &&
            frame->rst_stream.error_code == NGHTTP2_PROTOCOL_ERROR)
            events.on_malformed_request();
        const bool of_answer = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
        const bool ends = of_answer && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
        events.on_made(frame_of(frame->hd), stream_of(session, frame->hd.stream_id), ends);
        return 0;
    });
}

ssize_t read_data(nghttp2_session* /*session*/, std::int32_t /*id*/, std::uint8_t* /*into*/,
                  std::size_t most, std::uint32_t* flags, nghttp2_data_source* source,
                  void* user) noexcept {
    ssize_t count = 0;
    const int failed = guarded([&] {
        DataEnd end = DataEnd::kNone;
        auto& stream = *static_cast<Http2Stream*>(source->ptr);
        count = static_cast<ssize_t>(events_of(user).next_data(stream, most, end));
        if (count == 0 && end == DataEnd::kNone) return static_cast<int>(NGHTTP2_ERR_DEFERRED);
        if (count != 0) *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
        if (end != DataEnd::kNone) *flags |= NGHTTP2_DATA_FLAG_EOF;
        if (end == DataEnd::kTrailers) *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        return 0;
    });
    return failed != 0 ? failed : count;
}

int send_data(nghttp2_session* session, nghttp2_frame* frame, const std::uint8_t* head,
              std::size_t bytes, nghttp2_data_source* source, void* user) noexcept;

struct Callbacks {
    Callbacks() {
        if (nghttp2_session_callbacks_new(&all) != 0) throw std::bad_alloc{};
        nghttp2_session_callbacks_set_on_begin_frame_callback(all, on_begin_frame);
        nghttp2_session_callbacks_set_on_begin_headers_callback(all, on_begin_headers);
        nghttp2_session_callbacks_set_on_header_callback2(all, on_header);
        nghttp2_session_callbacks_set_on_frame_recv_callback(all, on_frame_recv);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(all, on_data_chunk);
        nghttp2_session_callbacks_set_on_stream_close_callback(all, on_stream_close);
        nghttp2_session_callbacks_set_on_frame_send_callback(all, on_frame_send);
        nghttp2_session_callbacks_set_send_data_callback(all, send_data);
    }
    ~Callbacks() { nghttp2_session_callbacks_del(all); }
    Callbacks(const Callbacks&) = delete;
    Callbacks& operator=(const Callbacks&) = delete;

    nghttp2_session_callbacks* all = nullptr;
};

struct Option {
    Option() {
        if (nghttp2_option_new(&all) != 0) throw std::bad_alloc{};
        nghttp2_option_set_no_auto_window_update(all, 1);
        nghttp2_option_set_no_http_messaging(all, 1);  // MessageRules, as some get an answer
        nghttp2_option_set_no_closed_streams(all, 1);
        nghttp2_option_set_max_outbound_ack(all, kMostAcks);
        nghttp2_option_set_max_settings(all, kMostSettings);
        nghttp2_option_set_max_continuations(all, kMostContinuations);
        nghttp2_option_set_stream_reset_rate_limit(all, kUnbounded, kUnbounded);  // FrameRules
        nghttp2_option_set_builtin_recv_extension_type(all, NGHTTP2_PRIORITY_UPDATE);
    }
    ~Option() { nghttp2_option_del(all); }
    Option(const Option&) = delete;
    Option& operator=(const Option&) = delete;

    nghttp2_option* all = nullptr;
};

// Where make() appends to: nghttp2 tells its callback no more than the session's user.
[[gnu::tls_model("initial-exec")]] thread_local constinit std::string* made = nullptr;

int send_data(nghttp2_session* /*session*/, nghttp2_frame* /*frame*/, const std::uint8_t* head,
              std::size_t bytes, nghttp2_data_source* source, void* user) noexcept {
    constexpr std::size_t kFrameHead = 9;
    return guarded([=] {
        made->append(reinterpret_cast<const char*>(head), kFrameHead);
        events_of(user).append_data(*static_cast<Http2Stream*>(source->ptr), bytes, *made);
        return 0;
    });
}

void submit_settings(nghttp2_session* session, const Http2Options& options,
                     std::uint32_t header_list) {
    const std::array<nghttp2_settings_entry, 3> settings{{
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<std::uint32_t>(options.stream_window)},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, header_list},
        {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
    }};
    const bool done =
        nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) == 0;
    const auto window = static_cast<std::int32_t>(options.connection_window);
    if (!done ||
        (options.connection_window > kFirstWindow &&
         nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, window) != 0))
        throw std::bad_alloc{};
}

// With the number of streams, which nghttp2 is not to know: it would end the connection of a client that has one more,
// although that is to be told of the one alone (RFC 9113 section 5.1.2). Its own settings are the first frame.
void append_settings(std::string& out, std::span<const std::uint8_t> frame, std::uint32_t streams) {
    constexpr std::size_t kEntry = 6;
    constexpr std::size_t kLastOfLength = 2;
    const std::size_t begin = out.size();
    out.append(reinterpret_cast<const char*>(frame.data()), frame.size());
    out[begin + kLastOfLength] = static_cast<char>(frame[kLastOfLength] + kEntry);
    out.append({0, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS});
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(streams >> shift);
}

}  // namespace

void Http2BodyWindow::consume(std::size_t bytes) const noexcept {
    nghttp2_session_consume(session_, id_, bytes);
}

void Http2BodyWindow::consume_of_stream(std::size_t bytes) const noexcept {
    nghttp2_session_consume_stream(session_, id_, bytes);
}

void Http2BodyWindow::consume_of_all(std::size_t bytes) const noexcept {
    nghttp2_session_consume_connection(session_, bytes);
}

std::int32_t Http2BodyWindow::used() const noexcept {
    return nghttp2_session_get_stream_effective_recv_data_length(session_, id_);
}

std::int32_t Http2BodyWindow::left() const noexcept {
    return nghttp2_session_get_stream_effective_local_window_size(session_, id_) - used();
}

Http2Session::Http2Session(SharedFrame& frame, Http2Events& events, const Http2Options& options,
                           std::uint32_t header_list)
    : streams_{static_cast<std::uint32_t>(options.streams)}, frame_{frame} {
    static const Callbacks callbacks;
    const Option option;
    session_.reset(frame_.make_session(*callbacks.all, &events, option.all));
    submit_settings(session_.get(), options, header_list);
}

void Http2Session::receive(std::string_view bytes) noexcept {
    const auto* const data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    const ssize_t taken = nghttp2_session_mem_recv(session_.get(), data, bytes.size());
    if (taken >= 0) return;
    switch (taken) {
        case NGHTTP2_ERR_BAD_CLIENT_MAGIC:
            return terminate(NGHTTP2_PROTOCOL_ERROR);
        case NGHTTP2_ERR_FLOODED:
        case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS:
            return terminate(NGHTTP2_ENHANCE_YOUR_CALM);
        default:
            return terminate(NGHTTP2_INTERNAL_ERROR);
    }
}

bool Http2Session::make(std::string& out) noexcept {
    const SharedFrame::Turn turn{frame_};
    made = &out;
    for (;;) {
        const std::uint8_t* bytes = nullptr;
        const ssize_t count = nghttp2_session_mem_send(session_.get(), &bytes);
        if (count == 0) return true;
        if (count < 0) return false;
        try {
            const auto size = static_cast<std::size_t>(count);
            if (!std::exchange(settings_made_, true)) {
                append_settings(out, {bytes, size}, streams_);
            } else {
                out.append(reinterpret_cast<const char*>(bytes), size);
            }
        } catch (const std::bad_alloc&) {
            return false;
        }
    }
}

bool Http2Session::is_open(std::int32_t id) const noexcept {
    return nghttp2_session_get_stream_local_close(session_.get(), id) != -1;
}

bool Http2Session::over() const noexcept {
    return nghttp2_session_want_read(session_.get()) == 0 &&
           nghttp2_session_want_write(session_.get()) == 0;
}

void Http2Session::attach(std::int32_t id, Http2Stream* stream) noexcept {
    nghttp2_session_set_stream_user_data(session_.get(), id, stream);
}

void Http2Session::respond(std::int32_t id, std::span<const nghttp2_nv> fields, Http2Stream* body) {
    nghttp2_data_provider provider{};
    provider.source.ptr = body;
    provider.read_callback = read_data;
    if (nghttp2_submit_response(session_.get(), id, fields.data(), fields.size(),
                                body != nullptr ? &provider : nullptr) == NGHTTP2_ERR_NOMEM)
        throw std::bad_alloc{};
}

void Http2Session::tell(std::int32_t id, std::span<const nghttp2_nv> fields) {
    if (nghttp2_submit_headers(session_.get(), NGHTTP2_FLAG_NONE, id, nullptr, fields.data(),
                               fields.size(), nullptr) == NGHTTP2_ERR_NOMEM)
        throw std::bad_alloc{};
}

void Http2Session::trail(std::int32_t id, std::span<const nghttp2_nv> fields) {
    if (nghttp2_submit_trailer(session_.get(), id, fields.data(), fields.size()) ==
        NGHTTP2_ERR_NOMEM)
        throw std::bad_alloc{};
}

void Http2Session::resume(std::int32_t id) noexcept {
    nghttp2_session_resume_data(session_.get(), id);
}

void Http2Session::reset(std::int32_t id, std::uint32_t code) noexcept {
    nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, id, code);
}

std::int32_t Http2Session::window(std::int32_t id) const noexcept {
    return id != 0 ? nghttp2_session_get_stream_remote_window_size(session_.get(), id)
                   : nghttp2_session_get_remote_window_size(session_.get());
}

void Http2Session::notice() noexcept {
    nghttp2_submit_shutdown_notice(session_.get());
    nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, nullptr);
}

void Http2Session::go_away() noexcept {
    nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(session_.get()), NGHTTP2_NO_ERROR,
                          nullptr, 0);
}

void Http2Session::terminate(std::uint32_t code) noexcept {
    nghttp2_session_terminate_session(session_.get(), code);
}

}  // namespace grove::http
