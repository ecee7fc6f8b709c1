// Calls that block a thread run in a few threads, while the hub goes on.   threadpool [SECONDS...]
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <grove/pool.h>

using namespace std::chrono_literals;

namespace {

std::string block_for(const std::string& seconds) {
    const double time = std::stod(seconds);
    if (time > 60) throw std::out_of_range{"more than a minute"};
    std::this_thread::sleep_for(std::chrono::duration<double>{time});
    return "blocked for " + seconds + " s";
}

}  // namespace

int main(int count, char** arguments) {
    grove::ThreadPool threads{3};
    const auto hub = grove::spawn([] {
        for (;; grove::sleep(10ms)) std::cout << "the hub goes on" << std::endl;
    });
    std::vector<grove::ThreadResult<std::string>> results;
    for (int i = 1; i < count; ++i)
        results.push_back(threads.spawn(block_for, std::string{arguments[i]}));
    int failed = 0;
    for (auto& result : results) {
        try {
            std::cout << result.get() << std::endl;
        } catch (const std::exception& error) {
            std::cerr << "threadpool: " << error.what() << '\n';
            ++failed;
        }
    }
    hub.kill();
    return failed == 0 ? 0 : 1;
}
