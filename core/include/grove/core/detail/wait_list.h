// wait_list.h - the line of those that wait for an object: greenlets and links, in order of
// arrival.
#pragma once

#include <cstddef>
#include <cstdint>

#include <grove/core/detail/export.h>

namespace grove {

class WaitList;

/// One place in a line. It leaves the line when it is destroyed.
class GROVE_EXPORT WaitNode {
public:
    /// Why a node stands in its line.
    enum class Kind : std::uint8_t {
        kTaker,     ///< A greenlet that will own what it is woken for: a permit, an item.
        kLooker,    ///< A greenlet that only wants to know.
        kLink,      ///< A user's function, called in the hub.
        kInternal,  ///< grove's own bookkeeping: told on any stack; never blocks, never throws.
    };

    WaitNode(const WaitNode&) = delete;
    WaitNode& operator=(const WaitNode&) = delete;

    [[nodiscard]] Kind kind() const noexcept { return kind_; }  ///< Fixed when it was made.
    /// It stands in a line.
    [[nodiscard]] bool queued() const noexcept { return list_ != nullptr; }
    /// The node behind it in its line; null: none.
    [[nodiscard]] WaitNode* next() const noexcept { return next_; }
    void leave() noexcept;  ///< Leaves its line; no effect if in none.

    /// Tells the node. Called by the line's owner after the node has left the line; may destroy the
    /// node.
    virtual void notify() noexcept = 0;

protected:
    explicit WaitNode(Kind kind) noexcept : kind_{kind} {}  ///< In no line yet.
    virtual ~WaitNode() { leave(); }

private:
    friend class WaitList;

    WaitList* list_ = nullptr;
    WaitNode* prev_ = nullptr;
    WaitNode* next_ = nullptr;
    Kind kind_;
};

/// The line. Its owner must outlive all nodes in it; the owner's destructor asserts that.
class GROVE_EXPORT WaitList {
public:
    WaitList() noexcept = default;
    WaitList(const WaitList&) = delete;
    WaitList& operator=(const WaitList&) = delete;

    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }  ///< Nobody waits.
    [[nodiscard]] std::size_t size() const noexcept;                         ///< Counts the nodes.
    [[nodiscard]] WaitNode* front() const noexcept { return first_; }  ///< The oldest; null: none.

    /// @pre the node stands in no line
    void push_back(WaitNode& node) noexcept {
        node.list_ = this;
        node.prev_ = last_;
        node.next_ = nullptr;
        (last_ != nullptr ? last_->next_ : first_) = &node;
        last_ = &node;
    }
    /// Takes the oldest out of the line and tells it. @pre not empty
    void notify_front() noexcept {
        WaitNode& node = *first_;
        node.leave();
        node.notify();
    }

private:
    friend class WaitNode;

    WaitNode* first_ = nullptr;
    WaitNode* last_ = nullptr;
};

inline std::size_t WaitList::size() const noexcept {
    std::size_t count = 0;
    for (const WaitNode* node = first_; node != nullptr; node = node->next()) ++count;
    return count;
}

inline void WaitNode::leave() noexcept {
    if (list_ == nullptr) return;
    (prev_ != nullptr ? prev_->next_ : list_->first_) = next_;
    (next_ != nullptr ? next_->prev_ : list_->last_) = prev_;
    list_ = nullptr;
}

}  // namespace grove
