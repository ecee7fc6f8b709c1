// ranges.h - input ranges of tests: counted, blocking, throwing.
#pragma once

#include <cstddef>
#include <functional>
#include <iterator>
#include <optional>
#include <utility>

namespace grove::test {

/// An input range of what `make` gives, until it gives nothing. `make` may block and throw.
template <class T>
class Generated {
public:
    explicit Generated(std::function<std::optional<T>()> make) : make_{std::move(make)} {}

    class Iterator {
    public:
        using value_type = T;
        using difference_type = std::ptrdiff_t;
        using iterator_concept = std::input_iterator_tag;

        Iterator() = default;
        explicit Iterator(Generated& range) : range_{&range} { ++*this; }
        Iterator(Iterator&&) = default;
        Iterator& operator=(Iterator&&) = default;

        T operator*() const { return std::move(*range_->current_); }
        Iterator& operator++() {
            range_->current_ = range_->make_();
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(const Iterator& it, std::default_sentinel_t) { return it.at_end(); }

    private:
        [[nodiscard]] bool at_end() const { return !range_->current_; }
        Generated* range_ = nullptr;
    };

    Iterator begin() { return Iterator{*this}; }
    std::default_sentinel_t end() const { return {}; }

private:
    std::function<std::optional<T>()> make_;
    std::optional<T> current_;
};

/// 0, 1, 2 … below `end`, counting what is taken.
inline Generated<int> count_to(int end, int& taken) {
    return Generated<int>{[end, &taken, at = 0]() mutable -> std::optional<int> {
        if (at == end) return std::nullopt;
        ++taken;
        return at++;
    }};
}

}  // namespace grove::test
