// result.h - what a statement gave, as libpq keeps it.
#pragma once

#include <utility>

#include "libpq.h"

namespace grove::postgres::detail {

class Result {
public:
    explicit Result(ResultPtr result) : result_{std::move(result)} {}
    [[nodiscard]] const PGresult* get() const noexcept { return result_.get(); }

private:
    ResultPtr result_;
};

}  // namespace grove::postgres::detail
