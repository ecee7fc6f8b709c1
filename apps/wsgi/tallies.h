// tallies.h - what /metrics has of Python's threads. Any thread.
#pragma once

#include <chrono>

#include <grove/http/counters.h>

namespace grove::wsgi {

class Tallies {
public:
    Tallies();

    void thread_began() noexcept { busy_.add(1); }
    void thread_ended() noexcept { busy_.add(-1); }
    void thread_abandoned() noexcept { abandoned_.add(1); }
    void thread_came_back() noexcept { abandoned_.add(-1); }
    void job_waits() noexcept { waiting_.add(1); }
    void job_waited(std::chrono::duration<double> time) noexcept {
        waiting_.add(-1);
        waited_.add(time.count());
    }
    void refused() noexcept { refused_.add(); }
    /// @param status  0: the application made no answer
    void answered(int status) noexcept;

private:
    http::Gauge busy_;
    http::Gauge abandoned_;
    http::Gauge waiting_;
    http::Counter waited_;
    http::Counter refused_;
    http::Counter none_;
    http::Counter by_class_[5];
};

}  // namespace grove::wsgi
