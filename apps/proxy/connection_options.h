// connection_options.h - fields that are for one connection alone, and do not pass a proxy (RFC 9110, section 7.6.1).
#pragma once

#include <string_view>
#include <vector>

/// Those that always are, and those that a message's Connection fields name.
class ConnectionOptions {
public:
    /// @param field  its value. Must outlive it.
    void add(std::string_view field);
    /// A message that names more is not passed on: each would be compared with each of its fields.
    [[nodiscard]] bool too_many() const noexcept;
    /// The message's own fields name it. In any case of letters.
    [[nodiscard]] bool names(std::string_view name) const noexcept;
    /// It does not pass. In any case of letters.
    [[nodiscard]] bool has(std::string_view name) const noexcept;

private:
    std::vector<std::string_view> named_;
};
