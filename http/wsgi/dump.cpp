#include <grove/http/dump.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <streambuf>
#include <string_view>
#include <utility>

#include <grove/core/errors.h>
#include <grove/core/timeout.h>
#include <grove/pool/group_scope.h>

#include "dump_lines.h"
#include "log_origin.h"

namespace grove::http {
namespace {

constexpr std::chrono::seconds kTimeToWrite{1};

/// One function. It runs, and is destroyed, as its mount's: what it says to log() has the mount's name.
class Dump {
public:
    explicit Dump(std::function<void(std::ostream&)> write)
        : write_{std::move(write)}, origin_{LogOrigin::of_running()} {}
    ~Dump() {
        if (origin_ == nullptr) return;
        const OriginOfMount origin{origin_};
        write_ = nullptr;
    }
    Dump(const Dump&) = delete;
    Dump& operator=(const Dump&) = delete;

    void write_to(std::ostream& stream) const {
        const OriginOfMount origin{origin_};
        write_(stream);
    }

private:
    std::function<void(std::ostream&)> write_;
    const LogOrigin::Text origin_;
};

using SharedDump = std::shared_ptr<const Dump>;  // whoever calls them keeps them meanwhile
struct Dumps {
    std::mutex mutex{};
    std::vector<SharedDump> all{};
};

// The process's. Kept for ever, as those in it may be asked for to the very end.
Dumps& dumps() {
    static Dumps* const kDumps = std::make_unique<Dumps>().release();
    return *kDumps;
}

/// Takes as many bytes as there is room for.
class BoundedBuffer final : public std::streambuf {
public:
    explicit BoundedBuffer(std::size_t room) noexcept : room_{room} {}
    [[nodiscard]] const std::string& text() const noexcept { return text_; }
    [[nodiscard]] bool cut() const noexcept { return cut_; }

protected:
    std::streamsize xsputn(const char* bytes, std::streamsize count) override {
        const std::size_t taken = std::min(static_cast<std::size_t>(count), room_ - text_.size());
        text_.append(bytes, taken);
        cut_ = cut_ || taken < static_cast<std::size_t>(count);
        return static_cast<std::streamsize>(taken);
    }
    int_type overflow(int_type byte) override {
        if (traits_type::eq_int_type(byte, traits_type::eof())) return traits_type::not_eof(byte);
        const char one = traits_type::to_char_type(byte);
        return xsputn(&one, 1) == 1 ? byte : traits_type::eof();
    }

private:
    const std::size_t room_;
    std::string text_;
    bool cut_ = false;
};

// @return what it has thrown, as a line; nullopt: nothing.
std::optional<std::string> call(const Dump& dump, std::ostream& stream) {
    const TimeoutGuard guard{kTimeToWrite};
    try {
        dump.write_to(stream);
        return std::nullopt;
    } catch (const Timeout& timeout) {
        return guard.threw(timeout) ? "it took longer than a second"
                                    : describe(std::current_exception());
    } catch (...) {  // the plugin boundary
        return describe(std::current_exception());
    }
}

// In a greenlet of its own: what leaves the function, a GreenletExit too, is the function's then, and what ends the
// caller ends this wait.
std::optional<std::string> call_apart(const Dump& dump, std::ostream& stream) {
    std::optional<std::string> fault;
    GroupScope scope;
    scope.spawn({.name = "on_dump"}, [&] { fault = call(dump, stream); });
    scope.join();
    return fault;
}

void append_lines(std::vector<std::string>& lines, std::string_view text) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

}  // namespace

void on_dump(std::function<void(std::ostream&)> write) {
    if (!write) throw std::invalid_argument{"on_dump: there is no function"};
    auto dump = std::make_shared<const Dump>(std::move(write));
    const std::lock_guard lock{dumps().mutex};
    dumps().all.push_back(std::move(dump));
}

std::vector<std::string> dump_lines() {
    std::vector<SharedDump> all;
    {
        const std::lock_guard lock{dumps().mutex};
        all = dumps().all;
    }
    std::vector<std::string> lines;
    std::size_t left = kMostDumpBytes;
    bool cut = false;
    for (const SharedDump& dump : all) {
        BoundedBuffer buffer{left};
        std::ostream stream{&buffer};
        const std::optional<std::string> fault = call_apart(*dump, stream);
        left -= buffer.text().size();
        append_lines(lines, buffer.text());
        if (buffer.cut() && !std::exchange(cut, true))
            lines.emplace_back("on_dump: the rest is cut, there is more than 1 MiB");
        if (fault) lines.push_back("on_dump: failed: " + *fault);
    }
    return lines;
}

void forget_dumps() noexcept {
    std::vector<SharedDump> all;
    {
        const std::lock_guard lock{dumps().mutex};
        all.swap(dumps().all);
    }
}

}  // namespace grove::http
