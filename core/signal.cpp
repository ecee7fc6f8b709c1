#include <grove/core/signal.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <system_error>
#include <utility>

#include <sys/signalfd.h>
#include <unistd.h>

#include <grove/core/file_descriptor.h>
#include <grove/core/greenlet.h>
#include <grove/core/hub.h>

namespace grove {

class SignalHandler::Watch final : public FdWatch {
public:
    Watch(int number, std::function<void()> function)
        : hub_{get_hub()}, function_{std::move(function)} {
        ::sigemptyset(&set_);
        if (::sigaddset(&set_, number) != 0) refuse(number);
        fd_.reset(::signalfd(-1, &set_, SFD_NONBLOCK | SFD_CLOEXEC));
        if (!fd_) refuse(number);
        hub_.loop().add(fd_.get(), *this);
        sigset_t before;
        ::pthread_sigmask(SIG_BLOCK, &set_, &before);
        was_blocked_ = ::sigismember(&before, number) == 1;
        hub_.keep();
    }
    ~Watch() {
        hub_.unkeep();
        hub_.loop().forget(fd_.get(), *this);
        if (!was_blocked_) ::pthread_sigmask(SIG_UNBLOCK, &set_, nullptr);
    }

    void on_events(std::uint32_t) noexcept override {
        signalfd_siginfo info;
        while (::read(fd_.get(), &info, sizeof info) == sizeof info) {
            try {
                spawn(function_);
            } catch (...) {
                hub_.handle_error("handler of signal " + std::to_string(info.ssi_signo),
                                  std::current_exception());
            }
        }
    }

private:
    [[noreturn]] static void refuse(int number) {
        throw std::system_error{errno, std::generic_category(),
                                "cannot handle signal " + std::to_string(number)};
    }

    Hub& hub_;
    std::function<void()> function_;
    sigset_t set_{};
    FileDescriptor fd_;
    bool was_blocked_ = false;
};

SignalHandler::SignalHandler(int signal_number, std::function<void()> function)
    : watch_{std::make_unique<Watch>(signal_number, std::move(function))} {}
SignalHandler::~SignalHandler() = default;

}  // namespace grove
