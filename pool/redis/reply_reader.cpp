#include "reply_reader.h"

#include <cstddef>
#include <new>
#include <utility>
#include <vector>

#include <hiredis/hiredis.h>

namespace grove::redis {
namespace {

constexpr std::size_t kMostBytes = std::size_t{513} << 20;  // one text may have 512 MiB

struct FreeReply {
    void operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }
};

Reply converted(const redisReply& from, std::optional<std::string>& error) {
    switch (from.type) {
        case REDIS_REPLY_NIL:
            return Reply{};
        case REDIS_REPLY_INTEGER:
            return Reply{static_cast<std::int64_t>(from.integer)};
        case REDIS_REPLY_ARRAY: {
            std::vector<Reply> list;
            for (std::size_t i = 0; i < static_cast<std::size_t>(from.elements); ++i)
                list.push_back(converted(*from.element[i], error));
            return Reply{std::move(list)};
        }
        case REDIS_REPLY_ERROR:
            if (!error) error.emplace(from.str, static_cast<std::size_t>(from.len));
            return Reply{};
        default:
            return Reply{std::string{from.str, static_cast<std::size_t>(from.len)}};
    }
}

}  // namespace

void ReplyReader::Free::operator()(redisReader* reader) const noexcept { redisReaderFree(reader); }

ReplyReader::ReplyReader() : reader_{redisReaderCreate()} {
    if (reader_ == nullptr) throw std::bad_alloc{};
}

void ReplyReader::feed(std::string_view bytes) {
    if (reader_->len - reader_->pos + bytes.size() > kMostBytes)
        throw RedisError{"an answer is larger than 513 MiB", false};
    if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK)
        throw RedisError{reader_->errstr, false};
}

std::optional<Answer> ReplyReader::next() {
    void* raw = nullptr;
    if (redisReaderGetReply(reader_.get(), &raw) != REDIS_OK)
        throw RedisError{std::string{"the server's answer: "} + reader_->errstr, false};
    if (raw == nullptr) return std::nullopt;
    const std::unique_ptr<redisReply, FreeReply> reply{static_cast<redisReply*>(raw)};
    Answer answer;
    answer.reply = converted(*reply, answer.error);
    return answer;
}

}  // namespace grove::redis
