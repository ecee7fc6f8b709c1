#include "pool_lines.h"

#include <cstddef>
#include <cstdint>

#include <grove/core/semaphore.h>

using namespace grove::http;

namespace {

std::string number(const Tally& tally) { return std::to_string(tally.value()); }

std::string size_text(std::uint64_t size) {
    return size == ServerMetrics::kUnbounded ? "any number of" : std::to_string(size);
}

}  // namespace

std::vector<std::string> pool_lines(const ServerMetrics& metrics, const Config& config,
                                    const std::vector<MountOptions>& mounts) {
    std::vector<std::string> lines{
        "requests: " + number(metrics.pool_in_use) + " of " + size_text(metrics.pool_size.value()) +
            " slots in use, " + number(metrics.in_flight) + " in flight, " + number(metrics.slow) +
            " slow, " + number(metrics.detached) + " detached",
        "connections: " + number(metrics.connections) + ", " + number(metrics.idle) + " idle",
        "event streams: " + number(metrics.event_streams) +
            ", WebSockets: " + number(metrics.websockets)};
    for (std::size_t i = 0; i < mounts.size(); ++i) {
        if (mounts[i].pool == nullptr) continue;
        const auto free = static_cast<std::size_t>(mounts[i].pool->counter());
        const std::size_t size = config.apps[i].pool;
        lines.push_back("mount " + mounts[i].path + ": " + std::to_string(size - free) + " of " +
                        std::to_string(size) + " slots in use");
    }
    return lines;
}
