#include "conversation.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace grove::http {
namespace {

Conversation& self_of(void* user_data) { return *static_cast<Conversation*>(user_data); }

nghttp2_nv field_of(std::string_view name, std::string_view value) {
    const auto bytes = [](std::string_view text) {
        return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
    };
    return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

const std::uint8_t* bytes_of(std::string_view text) {
    return reinterpret_cast<const std::uint8_t*>(text.data());
}

struct CallbacksEnd {
    void operator()(nghttp2_session_callbacks* callbacks) const noexcept {
        nghttp2_session_callbacks_del(callbacks);
    }
};
using Callbacks = std::unique_ptr<nghttp2_session_callbacks, CallbacksEnd>;

struct OptionEnd {
    void operator()(nghttp2_option* option) const noexcept { nghttp2_option_del(option); }
};
using Option = std::unique_ptr<nghttp2_option, OptionEnd>;

Callbacks make_callbacks() {
    nghttp2_session_callbacks* callbacks = nullptr;
    EXPECT_EQ(nghttp2_session_callbacks_new(&callbacks), 0);
    return Callbacks{callbacks};
}

}  // namespace

Conversation::Conversation(SharedFrame& frame, unsigned seed)
    : frame_{frame}, seed_{seed}, random_{seed} {
    make_server();
    make_client();
}

void Conversation::make_server() {
    const Callbacks callbacks = make_callbacks();
    nghttp2_session_callbacks_set_on_header_callback(
        callbacks.get(), [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                            std::size_t name_size, const std::uint8_t* value, std::size_t size,
                            std::uint8_t, void* self) {
            const std::string_view key{reinterpret_cast<const char*>(name), name_size};
            const std::string text{reinterpret_cast<const char*>(value), size};
            Asked& asked = self_of(self).asked_[frame->hd.stream_id];
            if (key == ":path") asked.body = std::stoul(text.substr(1));
            if (key == "field") asked.field = std::stoul(text);
            return 0;
        });
    nghttp2_session_callbacks_set_on_frame_recv_callback(
        callbacks.get(), [](nghttp2_session*, const nghttp2_frame* frame, void* self) {
            if (frame->hd.type == NGHTTP2_HEADERS) self_of(self).begin_answer(frame->hd.stream_id);
            return 0;
        });
    nghttp2_option* made = nullptr;
    ASSERT_EQ(nghttp2_option_new(&made), 0);
    const Option option{made};
    nghttp2_option_set_no_closed_streams(made, 1);
    server_.reset(frame_.make_session(*callbacks, this, made));
    EXPECT_EQ(nghttp2_submit_settings(server_.get(), NGHTTP2_FLAG_NONE, nullptr, 0), 0);
}

void Conversation::make_client() {
    const Callbacks callbacks = make_callbacks();
    nghttp2_session_callbacks_set_on_header_callback(
        callbacks.get(),
        [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
           std::size_t name_size, const std::uint8_t*, std::size_t size, std::uint8_t, void* self) {
            if (std::string_view{reinterpret_cast<const char*>(name), name_size} == "field")
                self_of(self).got_[frame->hd.stream_id].field += size;
            return 0;
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        callbacks.get(), [](nghttp2_session*, std::uint8_t, std::int32_t stream,
                            const std::uint8_t* data, std::size_t size, void* self) {
            self_of(self).got_[stream].body.append(reinterpret_cast<const char*>(data), size);
            return 0;
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(
        callbacks.get(),
        [](nghttp2_session*, std::int32_t stream, std::uint32_t error, void* self) {
            EXPECT_EQ(error, 0U);
            self_of(self).check(stream);
            return 0;
        });
    nghttp2_session_callbacks_set_on_frame_recv_callback(
        callbacks.get(), [](nghttp2_session*, const nghttp2_frame* frame, void* self) {
            if (frame->hd.type == NGHTTP2_PING) ++self_of(self).pings_answered_;
            return 0;
        });
    nghttp2_session* session = nullptr;
    ASSERT_EQ(nghttp2_session_client_new(&session, callbacks.get(), this), 0);
    client_.reset(session);
    EXPECT_EQ(nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, nullptr, 0), 0);
}

void Conversation::request(std::size_t body, std::size_t field, std::size_t asked) {
    const std::string path = "/" + std::to_string(body);
    const std::string wanted = std::to_string(field);
    const std::string long_one(asked, 'q');
    const std::vector<nghttp2_nv> fields{field_of(":method", "GET"),  field_of(":scheme", "http"),
                                         field_of(":authority", "a"), field_of(":path", path),
                                         field_of("field", wanted),   field_of("asked", long_one)};
    const std::int32_t stream = nghttp2_submit_request(client_.get(), nullptr, fields.data(),
                                                       fields.size(), nullptr, nullptr);
    ASSERT_GT(stream, 0);
    expected_[stream] = {.body = body, .field = field};
}

void Conversation::ping() {
    EXPECT_EQ(nghttp2_submit_ping(client_.get(), NGHTTP2_FLAG_NONE, nullptr), 0);
}

void Conversation::begin_answer(std::int32_t stream) {
    const std::string long_one(asked_[stream].field, static_cast<char>('a' + seed_ % 26));
    const std::vector<nghttp2_nv> fields{field_of(":status", "200"), field_of("field", long_one)};
    const nghttp2_data_provider body{
        .source = {.ptr = nullptr},
        .read_callback = [](nghttp2_session*, std::int32_t id, std::uint8_t* at, std::size_t room,
                            std::uint32_t* flags, nghttp2_data_source*,
                            void* self) { return self_of(self).fill(id, at, room, *flags); }};
    EXPECT_EQ(nghttp2_submit_response(server_.get(), stream, fields.data(), fields.size(), &body),
              0);
}

ssize_t Conversation::fill(std::int32_t stream, std::uint8_t* at, std::size_t room,
                           std::uint32_t& flags) {
    Asked& asked = asked_[stream];
    asked.waits = random_() % 4 == 0;
    if (asked.waits) return NGHTTP2_ERR_DEFERRED;
    const std::size_t size = std::min({room, asked.body - asked.sent, 1 + random_() % 20'000});
    for (std::size_t i = 0; i < size; ++i)
        at[i] = static_cast<std::uint8_t>(byte_at(stream, asked.sent + i));
    asked.sent += size;
    if (asked.sent == asked.body) flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(size);
}

char Conversation::byte_at(std::int32_t stream, std::size_t at) const noexcept {
    return static_cast<char>(at * 31 + static_cast<std::size_t>(stream) * 7 + seed_);
}

void Conversation::check(std::int32_t stream) {
    const Asked& expected = expected_[stream];
    const Got& got = got_[stream];
    EXPECT_EQ(got.field, expected.field);
    ASSERT_EQ(got.body.size(), expected.body);
    for (std::size_t i = 0; i < expected.body; ++i)
        ASSERT_EQ(got.body[i], byte_at(stream, i)) << seed_ << ": " << stream << " at " << i;
    ++answered_;
    got_.erase(stream);
    expected_.erase(stream);
    asked_.erase(stream);
}

bool Conversation::drain_client() {
    const std::uint8_t* data = nullptr;
    const std::size_t before = input_.size();
    while (const ssize_t size = nghttp2_session_mem_send(client_.get(), &data)) {
        EXPECT_GT(size, 0);
        input_.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
    }
    return input_.size() != before;
}

void Conversation::step() {
    drain_client();
    const std::string piece = input_.substr(0, random_() % (input_.size() + 1));
    input_.erase(0, piece.size());
    EXPECT_EQ(nghttp2_session_mem_recv(server_.get(), bytes_of(piece), piece.size()),
              static_cast<ssize_t>(piece.size()));
    for (auto& [stream, asked] : asked_) {
        if (!asked.waits) continue;
        asked.waits = false;
        EXPECT_EQ(nghttp2_session_resume_data(server_.get(), stream), 0);
    }
    const std::size_t before = sent_.size();
    {
        const SharedFrame::Turn turn{frame_};
        const std::uint8_t* data = nullptr;
        while (const ssize_t size = nghttp2_session_mem_send(server_.get(), &data)) {
            ASSERT_GT(size, 0);
            sent_.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
        }
    }
    const std::string_view news = std::string_view{sent_}.substr(before);
    EXPECT_EQ(nghttp2_session_mem_recv(client_.get(), bytes_of(news), news.size()),
              static_cast<ssize_t>(news.size()));
}

void Conversation::finish() {
    std::size_t before = 0;
    do {
        before = sent_.size();
        for (int i = 0; i < 20; ++i) step();
    } while (!input_.empty() || sent_.size() != before);
}

}  // namespace grove::http
