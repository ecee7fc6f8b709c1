// reply.h - what Redis answers. Values.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <grove/core/detail/export.h>

namespace grove::redis {

/// Redis refused a command: the connection stays usable. Or the connection is gone, and code() is
/// "".
class GROVE_EXPORT RedisError : public std::runtime_error {
public:
    /// @param text as Redis writes it: "WRONGTYPE Operation against …"
    explicit RedisError(const std::string& text, bool with_code = true);
    ~RedisError() override;

    /// The first word of Redis's text, such as "WRONGTYPE".
    [[nodiscard]] std::string_view code() const { return code_; }

private:
    std::string code_;
};

/// One answer.
class GROVE_EXPORT Reply {
public:
    /// What it is.
    enum class Type : std::uint8_t {
        kNil,      ///< Nothing, such as of a key that is not there.
        kText,     ///< Bytes, or a status such as "OK".
        kInteger,  ///< A number.
        kList,     ///< Answers in their order.
    };

    Reply() = default;  ///< nil.
    /// A text; likewise the others. For tests, and for code that stands in for a server.
    explicit Reply(std::string text) : type_{Type::kText}, text_{std::move(text)} {}
    /// An integer.
    explicit Reply(std::int64_t integer) : type_{Type::kInteger}, integer_{integer} {}
    /// A list.
    explicit Reply(std::vector<Reply> list) : type_{Type::kList}, list_{std::move(list)} {}

    [[nodiscard]] Type type() const noexcept { return type_; }               ///< What it is.
    [[nodiscard]] bool nil() const noexcept { return type_ == Type::kNil; }  ///< It is nothing.
    /// @throws std::logic_error naming both types if it is of another; likewise the others
    [[nodiscard]] const std::string& text() const;
    [[nodiscard]] std::int64_t integer() const;            ///< Of kInteger.
    [[nodiscard]] const std::vector<Reply>& list() const;  ///< Of kList.

private:
    void require(Type type) const;

    Type type_ = Type::kNil;
    std::int64_t integer_ = 0;
    std::string text_;
    std::vector<Reply> list_;
};

}  // namespace grove::redis
