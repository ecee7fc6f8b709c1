#include <grove/http/worker.h>

#include <memory>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "worker_host.h"

namespace grove::http {
namespace {

struct Host {
    std::mutex mutex{};
    std::function<void(std::string_view reason)> replace{};
};

// The process's. Kept for ever: threads may ask to the very end.
Host& host() {
    static Host* const kHost = std::make_unique<Host>().release();
    return *kHost;
}

}  // namespace

WorkerHost::WorkerHost(std::function<void(std::string_view reason)> replace) {
    const std::lock_guard lock{host().mutex};
    host().replace = std::move(replace);
}

WorkerHost::~WorkerHost() {
    const std::lock_guard lock{host().mutex};
    host().replace = {};
}

void replace_worker(std::string_view reason) {
    const std::lock_guard lock{host().mutex};
    if (!host().replace)
        throw std::logic_error{"replace_worker: this process is not a worker of grove serve"};
    host().replace(reason);
}

}  // namespace grove::http
