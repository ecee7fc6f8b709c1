// reply_reader.h - answers out of the bytes of a connection, by hiredis' reader.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <grove/redis/reply.h>

struct redisReader;

namespace grove::redis {

/// An answer, or the text of the first error in it.
struct Answer {
    Reply reply{};
    std::optional<std::string> error{};
};

class ReplyReader {
public:
    ReplyReader();
    /// @throws RedisError if the bytes cannot be an answer's, or an answer is larger than any of
    /// Redis's
    void feed(std::string_view bytes);
    /// @return nullopt: more bytes are needed. @throws RedisError
    std::optional<Answer> next();

private:
    struct Free {
        void operator()(redisReader* reader) const noexcept;
    };
    std::unique_ptr<redisReader, Free> reader_;
};

}  // namespace grove::redis
