// mapped_task.h - one item of a map or imap on its way through the function.
//
// Nothing here is for users; it is public because mapping is a template.
#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include <grove/core/detail/export.h>
#include <grove/core/detail/greenlet_state.h>
#include <grove/core/greenlet.h>
#include <grove/pool/detail/job_task.h>
#include <grove/pool/detail/mapping_job.h>
#include <grove/pool/detail/place.h>
#include <grove/pool/greenlet_class.h>

namespace grove::detail {

/// A task of a job that it keeps alive until the job has been told of its end.
class GROVE_EXPORT MappedTask : public JobTask {
public:
    explicit MappedTask(MappingJob& its_job, std::unique_ptr<Place> its_place);

    void launched() noexcept;  ///< It will run: its job counts it.

protected:
    ~MappedTask() override;
    /// Tells the job how the task ended, if it was started. If it returned, the value is in its
    /// place.
    void conclude(std::exception_ptr error, bool returned) noexcept;

private:
    MappingJob* job_;  // null: it has been told
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
