// quiet_hub.h - counts the errors reported to this thread's hub, rather than print them.
#pragma once

#include <exception>
#include <string>

#include <grove/core/hub.h>

namespace grove::test {

class QuietHub {
public:
    QuietHub() {
        get_hub().set_error_handler([this](const std::string&, std::exception_ptr) { ++errors_; });
    }
    ~QuietHub() { get_hub().set_error_handler({}); }
    QuietHub(const QuietHub&) = delete;
    QuietHub& operator=(const QuietHub&) = delete;

    [[nodiscard]] int errors() const noexcept { return errors_; }

private:
    int errors_ = 0;
};

}  // namespace grove::test
