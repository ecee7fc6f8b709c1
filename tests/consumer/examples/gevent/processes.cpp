// Runs shell commands side by side, and prints their lines as they come.   processes COMMAND...
#include <csignal>
#include <iostream>

#include <grove/pool.h>

using namespace std::chrono_literals;

namespace {

// @return whether it exited with 0 in time. However this ends, the child is dead then.
bool run(const std::string& command) {
    int status = -1;
    const bool in_time = grove::try_for(60s, [&] {
        grove::Popen child{{"sh", "-c", command}, {.out = grove::Pipe::kPipe}};
        grove::StreamReader lines{child.out()};
        for (std::string line; !(line = lines.readline(65536)).empty();)
            std::cout << command << ": " << line << std::flush;
        status = child.wait();
    });
    std::cout << command << (in_time ? " ended with " + std::to_string(status) : " took too long")
              << std::endl;
    return in_time && status == 0;
}

}  // namespace

int main(int count, char** arguments) {
    grove::Group group;
    const grove::SignalHandler on_term{SIGTERM, [&] { group.kill(); }};
    std::vector<grove::Greenlet<bool>> runs;
    for (int i = 1; i < count; ++i) runs.push_back(group.spawn(run, std::string{arguments[i]}));
    group.join();
    for (const auto& one : runs) {
        if (one.value() == nullptr || !*one.value()) return 1;
    }
}
