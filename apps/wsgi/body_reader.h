// body_reader.h - a request's body, as its Python thread reads it: first what was read before, then what the greenlet
// reads.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "job.h"

namespace grove::wsgi {

/// One thread, with the GIL, which it gives away while it waits.
class BodyReader {
public:
    /// No limit of bytes.
    static constexpr std::size_t kAll = static_cast<std::size_t>(-1);

    explicit BodyReader(std::shared_ptr<Job> job) noexcept
        : job_{std::move(job)}, piece_{std::move(job_->body)} {}

    /// Fewer bytes only at the end of the body. @throws PythonError  ClientDisconnected: the client has gone;
    /// RuntimeError: another thread reads
    std::string read(std::size_t bytes);
    /// Up to and including the next LF. "" at the end. @throws PythonError
    std::string readline(std::size_t bytes);

private:
    class Reading;

    [[nodiscard]] std::string_view rest() const noexcept {
        return std::string_view{piece_}.substr(at_);
    }
    bool fetch(Wanted wanted);

    const std::shared_ptr<Job> job_;
    std::string piece_;
    std::size_t at_ = 0;
    bool busy_ = false;
};

}  // namespace grove::wsgi
