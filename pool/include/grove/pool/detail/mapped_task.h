// mapped_task.h - one item of a map or imap on its way through the function.
//
// Nothing here is for users; it is public because mapping is a template.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include <grove/core/detail/export.h>
#include <grove/core/detail/greenlet_state.h>
#include <grove/core/greenlet.h>
#include <grove/pool/greenlet_class.h>

namespace grove::detail {

class MappingJob;

/// The type in which a function's result is kept.
template <class R>
using Kept = std::conditional_t<std::is_void_v<R>, std::monostate, R>;

/// The place for an item's outcome.
struct GROVE_EXPORT Place {
    enum class State : std::uint8_t { kRunning, kValue, kFailed, kKilled };

    Place() = default;
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    virtual ~Place();

    [[nodiscard]] bool ended() const noexcept { return state != State::kRunning; }
    /// The exception that next() throws in place of a value. @pre failed or killed
    [[nodiscard]] std::exception_ptr failure() const;

    State state = State::kRunning;
    std::exception_ptr error;
    Place* next = nullptr;
};

template <class R>
struct PlaceOf final : Place {
    std::optional<R> value;
};

/// A task; its job lists it while it runs.
class GROVE_EXPORT MappedTask {
public:
    explicit MappedTask(MappingJob& its_job, std::unique_ptr<Place> its_place);
    MappedTask(const MappedTask&) = delete;
    MappedTask& operator=(const MappedTask&) = delete;

    void launched() noexcept;          ///< It will run: its job counts it.
    virtual void kill() noexcept = 0;  ///< No effect if it cannot be killed.

protected:
    virtual ~MappedTask();
    /// Tells the job how the task ended, if it was started. If it returned, the value is in its
    /// place.
    void conclude(std::exception_ptr error, bool returned) noexcept;
    [[nodiscard]] Place& place() noexcept { return *place_; }

private:
    friend class MappingJob;

    MappingJob* job_;  // null: it has been told
    bool started_ = false;
    std::unique_ptr<Place> owned_place_;  // until the job has it
    Place* place_;
    MappedTask* prev_ = nullptr;
    MappedTask* next_ = nullptr;
};

/// The call itself: function and items. The function is the job's.
template <class R, class F, class Items>
class MappedCall : public MappedTask {
public:
    MappedCall(MappingJob& job, F& function, Items&& items)
        : MappedTask{job, std::make_unique<PlaceOf<Kept<R>>>()},
          function_{function},
          items_{std::move(items)} {}

protected:
    void invoke() {
        auto& value = static_cast<PlaceOf<Kept<R>>&>(place()).value;
        if constexpr (std::is_void_v<R>) {
            std::apply(function_, std::move(*items_));
            value.emplace();
        } else {
            value.emplace(std::apply(function_, std::move(*items_)));
        }
    }
    void drop_items() noexcept { items_.reset(); }

private:
    F& function_;
    std::optional<Items> items_;
};

/// The same in a greenlet of its own. Its outcome is the greenlet's, with all that a GreenletClass
/// did around the function: so the job is told when the greenlet drops its function.
template <class R, class F, class Items>
class MappedGreenlet final : public GreenletOf<void>, public MappedCall<R, F, Items> {
public:
    MappedGreenlet(GreenletClassPtr greenlet_class, MappingJob& job, F& function, Items&& items)
        : GreenletOf<void>{SpawnOptions{}},
          MappedCall<R, F, Items>{job, function, std::move(items)},
          class_{std::move(greenlet_class)} {}

    void call() override {
        if (class_ == nullptr) {
            this->invoke();
        } else {
            run_in_class(*class_, AnyGreenlet{this}, [this] { this->invoke(); });
        }
    }
    void drop_function() noexcept override {
        this->drop_items();
        class_.reset();
        this->conclude(error, returned);
    }
    void kill() noexcept override { GreenletState::kill(std::make_exception_ptr(GreenletExit{})); }

private:
    GreenletClassPtr class_;
};

}  // namespace grove::detail
