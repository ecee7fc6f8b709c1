#include <grove/core/signal.h>

#include <string>
#include <utility>

#include <grove/core/greenlet.h>
#include <grove/core/hub.h>
#include <grove/core/signal_inbox.h>

namespace grove {

class SignalHandler::Watch final : public FdWatch {
public:
    Watch(int number, std::function<void()> function)
        : hub_{get_hub()}, function_{std::move(function)}, inbox_{number} {
        hub_.loop().add(inbox_.fd(), *this);
        hub_.keep();
    }
    ~Watch() {
        hub_.unkeep();
        hub_.loop().forget(inbox_.fd(), *this);
    }

    void on_events(std::uint32_t) noexcept override {
        while (const auto number = inbox_.take()) {
            try {
                spawn(function_);
            } catch (...) {
                hub_.handle_error("handler of signal " + std::to_string(*number),
                                  std::current_exception());
            }
        }
    }

private:
    Hub& hub_;
    std::function<void()> function_;
    SignalInbox inbox_;
};

SignalHandler::SignalHandler(int signal_number, std::function<void()> function)
    : watch_{std::make_unique<Watch>(signal_number, std::move(function))} {}
SignalHandler::~SignalHandler() = default;

}  // namespace grove
