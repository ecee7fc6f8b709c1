#include "python.h"
// Python's header comes first.

#include <algorithm>
#include <optional>
#include <utility>

#include "body_reader.h"
#include "python_text.h"
#include "shim.h"

namespace grove::wsgi {
namespace {

constexpr std::size_t kAtOnce = 256 * 1024;

}  // namespace

/// While one thread waits here, another must not.
class BodyReader::Reading {
public:
    explicit Reading(bool& busy) : busy_{busy} {
        if (busy_) raise(PyExc_RuntimeError, "another thread reads this request's wsgi.input");
        busy_ = true;
    }
    ~Reading() { busy_ = false; }
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;

private:
    bool& busy_;
};

/// @return false: there is no more
bool BodyReader::fetch(Wanted wanted) {
    std::optional<std::string> more;
    {
        const WithoutGil without_gil;
        more = job_->read(wanted);
    }
    if (!more && job_->over()) {
        raise(Shim::client_disconnected(),
              "wsgi.input: the request is over, and its body is not complete");
    }
    piece_ = std::move(more).value_or("");
    at_ = 0;
    return !piece_.empty();
}

std::string BodyReader::read(std::size_t bytes) {
    const Reading reading{busy_};
    std::string read;
    while (read.size() < bytes) {
        const std::size_t left = bytes - read.size();
        if (rest().empty() && !fetch({.bytes = std::min(left, kAtOnce)})) break;
        const std::string_view taken = rest().substr(0, left);
        read.append(taken);
        at_ += taken.size();
    }
    return read;
}

std::string BodyReader::readline(std::size_t bytes) {
    const Reading reading{busy_};
    std::string line;
    while (line.size() < bytes && !line.ends_with('\n')) {
        const std::size_t left = bytes - line.size();
        if (rest().empty() && !fetch({.bytes = std::min(left, kAtOnce), .line = true})) break;
        const std::size_t end = rest().find('\n');
        const std::string_view taken =
            rest().substr(0, std::min(left, end == std::string_view::npos ? end : end + 1));
        line.append(taken);
        at_ += taken.size();
    }
    return line;
}

}  // namespace grove::wsgi
