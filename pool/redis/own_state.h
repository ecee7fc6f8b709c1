// own_state.h - what commands leave behind that belongs to their connection, and that nobody else may find there.
#pragma once

#include <string>
#include <vector>

namespace grove::redis {

class OwnState {
public:
    /// A command has been sent. @param words at least one
    void sent(const std::vector<std::string>& words) noexcept;
    /// Neither a transaction nor a watched key, nor another database, user or mode than open() had chosen.
    [[nodiscard]] bool none() const noexcept { return !in_multi_ && !watches_ && !changed_; }

private:
    bool in_multi_ = false;
    bool watches_ = false;
    bool changed_ = false;  // for good
};

}  // namespace grove::redis
