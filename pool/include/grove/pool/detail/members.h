// members.h - iteration over the members a group had at one moment.
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include <grove/core/greenlet.h>

namespace grove {

/// An input iterator over handles that were copied when it was made.
class MemberIterator {
public:
    using value_type = AnyGreenlet;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::input_iterator_tag;

    MemberIterator() = default;
    explicit MemberIterator(std::vector<AnyGreenlet> members)
        // Shared, as iterators are passed about by value.
        : members_{std::make_shared<const std::vector<AnyGreenlet>>(std::move(members))} {}

    const AnyGreenlet& operator*() const { return (*members_)[at_]; }    ///< The member it is at.
    const AnyGreenlet* operator->() const { return &(*members_)[at_]; }  ///< The member it is at.
    /// The next of those copied.
    MemberIterator& operator++() {
        ++at_;
        return *this;
    }
    /// The same.
    MemberIterator operator++(int) {
        return std::exchange(*this, MemberIterator{members_, at_ + 1});
    }
    friend bool operator==(const MemberIterator& it, std::default_sentinel_t) {
        return it.members_ == nullptr || it.at_ == it.members_->size();
    }

private:
    MemberIterator(std::shared_ptr<const std::vector<AnyGreenlet>> members, std::size_t at)
        : members_{std::move(members)}, at_{at} {}

    std::shared_ptr<const std::vector<AnyGreenlet>> members_;
    std::size_t at_ = 0;
};

}  // namespace grove
