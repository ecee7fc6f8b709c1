// imap.h - results of an imap, one by one, as they are wanted.
//
// Thread: its hub's. The pool must outlive the iteration: its destructor asserts that no imap still
// takes slots from it.
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include <grove/core/detail/export.h>
#include <grove/core/greenlet.h>
#include <grove/pool/detail/feeding.h>
#include <grove/pool/detail/mapping_job.h>
#include <grove/pool/detail/place.h>
#include <grove/pool/greenlet_class.h>  // IWYU pragma: export

namespace grove {

/// Bounds how many tasks of an imap may be started and not yet consumed: pool.imap(Maxsize{8}, f,
/// xs). 0: any number.
struct Maxsize {
    std::size_t value;  ///< Tasks.
};

namespace detail {

/// A consumer's hold on an imap. Letting go stops the feeding: no further item is taken, running
/// tasks end, and their results are dropped.
class GROVE_EXPORT ImapHold {
public:
    /// @param borrows the feeder refers to a range that is not its own
    ImapHold(MappingJob& job, AnyGreenlet feeder, bool borrows) noexcept
        : job_{&job}, feeder_{std::move(feeder)}, borrows_{borrows} {}
    ImapHold(ImapHold&&) noexcept = default;
    ImapHold& operator=(ImapHold&& other) noexcept {
        if (this != &other) {
            let_go();
            job_ = std::move(other.job_);
            feeder_ = std::move(other.feeder_);
            borrows_ = other.borrows_;
        }
        return *this;
    }
    ~ImapHold() { let_go(); }

    /// @return null: finished
    std::unique_ptr<Place> next();

private:
    void let_go() noexcept;

    JobPtr<MappingJob> job_;
    AnyGreenlet feeder_;
    bool borrows_;
};

/// The common part of IMap and IMapUnordered.
template <class R>
class Results {
public:
    class Iterator;

    /// The next result; switches until it is there. A call that is interrupted by a kill or a
    /// timeout takes nothing.
    /// @return nullopt: finished, from now on
    /// @throws the exception that ended the task, Killed if it was killed; the next call goes on
    /// after that task. After all results, once: what the range threw, or Killed if the pool was
    /// killed before all items were started
    std::optional<R> next() {
        const std::unique_ptr<Place> place = hold_.next();
        if (place == nullptr) return std::nullopt;
        if (place->state != Place::State::kValue) std::rethrow_exception(place->failure());
        return std::move(static_cast<PlaceOf<R>&>(*place).value);
    }

    /// An input iterator on the next result: begin() takes it, and throws as next() does.
    Iterator begin() {
        take_next();
        return Iterator{*this};
    }
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }  ///< See begin().

protected:
    explicit Results(ImapHold hold) noexcept : hold_{std::move(hold)} {}

private:
    void take_next() {
        current_.reset();
        if (std::optional<R> result = next()) current_.emplace(std::move(*result));
    }

    ImapHold hold_;
    std::optional<R> current_;
};

/// Takes the next result with each step, which may block.
template <class R>
class Results<R>::Iterator {
public:
    using value_type = R;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::input_iterator_tag;

    Iterator() noexcept = default;
    explicit Iterator(Results& results) noexcept : results_{&results} {}

    /// Take a move-only result with std::move(*it).
    R& operator*() const noexcept { return *results_->current_; }
    R* operator->() const noexcept { return &*results_->current_; }  ///< The current result.
    Iterator& operator++() {
        results_->take_next();
        return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& it, std::default_sentinel_t) noexcept {
        return it.at_end();
    }

private:
    [[nodiscard]] bool at_end() const noexcept {
        return results_ == nullptr || !results_->current_;
    }

    Results* results_ = nullptr;
};

}  // namespace detail

/// Results in the order of input. Only one greenlet at a time may wait in next(): another gets
/// std::logic_error.
///
/// The destructor drops the iteration. It switches (under a Shield) only if a range was given as an
/// lvalue and the feeder still refers to that range; then it must not run in the hub (asserted).
template <class R>
class IMap : public detail::Results<R> {
public:
    explicit IMap(detail::ImapHold hold) noexcept : detail::Results<R>{std::move(hold)} {}
};

/// Results in the order of completion. Several greenlets may wait in next(); each result is given
/// to one greenlet. Destroyed as IMap.
template <class R>
class IMapUnordered : public detail::Results<R> {
public:
    explicit IMapUnordered(detail::ImapHold hold) noexcept : detail::Results<R>{std::move(hold)} {}
};

}  // namespace grove
