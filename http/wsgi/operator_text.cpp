#include "operator_text.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <ostream>
#include <streambuf>
#include <utility>

#include <grove/core/errors.h>
#include <grove/core/timeout.h>
#include <grove/pool/group_scope.h>

namespace grove::http {
namespace {

constexpr std::chrono::seconds kTimeToWrite{1};

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
std::optional<std::string> call(const std::function<void()>& write) {
    const TimeoutGuard guard{kTimeToWrite};
    try {
        write();
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
std::optional<std::string> call_apart(const char* name, const std::function<void()>& write) {
    std::optional<std::string> fault;
    GroupScope scope;
    scope.spawn({.name = name}, [&] { fault = call(write); });
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

OperatorText::OperatorText(const char* name, Write write)
    : name_{name}, write_{std::move(write)}, origin_{LogOrigin::of_running()} {}

OperatorText::~OperatorText() {
    if (origin_ == nullptr) return;
    const OriginOfMount origin{origin_};
    write_ = nullptr;
}

void OperatorText::append_to(OperatorLines& lines, std::string_view arguments) const {
    BoundedBuffer buffer{lines.left};
    std::ostream stream{&buffer};
    const std::optional<std::string> fault = call_apart(name_, [&] {
        const OriginOfMount origin{origin_};
        write_(stream, arguments);
    });
    lines.left -= buffer.text().size();
    append_lines(lines.all, buffer.text());
    if (buffer.cut() && !std::exchange(lines.cut, true))
        lines.all.push_back(std::string{name_} + ": the rest is cut, there is more than 1 MiB");
    if (fault) lines.all.push_back(std::string{name_} + ": failed: " + *fault);
}

}  // namespace grove::http
