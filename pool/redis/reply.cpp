#include <grove/redis/reply.h>

namespace grove::redis {
namespace {

const char* name_of(Reply::Type type) {
    switch (type) {
        case Reply::Type::kText:
            return "a text";
        case Reply::Type::kInteger:
            return "an integer";
        case Reply::Type::kList:
            return "a list";
        default:
            return "nil";
    }
}

}  // namespace

RedisError::RedisError(const std::string& text, bool with_code)
    : std::runtime_error{text}, code_{with_code ? text.substr(0, text.find(' ')) : std::string{}} {}
RedisError::~RedisError() = default;

void Reply::require(Type type) const {
    if (type_ == type) return;
    throw std::logic_error{std::string{"the reply is "} + name_of(type_) + ", and not " +
                           name_of(type)};
}

const std::string& Reply::text() const {
    require(Type::kText);
    return text_;
}

std::int64_t Reply::integer() const {
    require(Type::kInteger);
    return integer_;
}

const std::vector<Reply>& Reply::list() const {
    require(Type::kList);
    return list_;
}

}  // namespace grove::redis
