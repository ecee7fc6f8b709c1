// The main() of each benchmark: what is measured has run for a while before, until its memory is there.
#include <vector>

#include <benchmark/benchmark.h>

int main(int argc, char** argv) {
    char unmeasured[] =
        "--benchmark_min_warmup_time=0.2";  // seconds; the command line may say another
    std::vector<char*> arguments{argv[0], unmeasured};
    arguments.insert(arguments.end(), argv + 1, argv + argc);
    int count = static_cast<int>(arguments.size());
    arguments.push_back(nullptr);
    benchmark::Initialize(&count, arguments.data());
    if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 1;
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
