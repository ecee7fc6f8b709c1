#include "exchange_pool.h"

#include <cstddef>
#include <string>
#include <utility>

#include "exchange.h"

namespace grove::http {
namespace {

constexpr std::size_t kKeptExchanges = 256;
constexpr std::size_t kAlwaysKept = 16;

void drop(std::string& output) noexcept {
    output.clear();
    if (output.capacity() > Exchange::kKeptOutput) output.shrink_to_fit();
}

}  // namespace

ExchangePool::ExchangePool(const ServiceTerms& terms) noexcept
    : SpareMemory{kAlwaysKept}, terms_{terms} {}

Exchange& ExchangePool::take(ClientSocket& client, ClientHook& hook, Exchange* owing) {
    Exchange* exchange = owing;
    if (owing == nullptr) {
        exchange = &free_one();
    } else {
        owing->end();
        if (owing->shared()) exchange = &in_place_of(*owing);
    }
    exchange->client = &client;
    exchange->hook = &hook;
    exchange->owe_output();
    return *exchange;
}

Exchange& ExchangePool::free_one() {
    if (free_.empty()) return *new Exchange{terms_};
    Exchange& exchange = *free_.back().release();
    free_.pop_back();
    taken();
    return exchange;
}

// The application kept something of it: it cannot be used again.
[[gnu::noinline]] Exchange& ExchangePool::in_place_of(Exchange& kept) {
    Exchange& exchange = free_one();
    if (!kept.output.empty()) exchange.output = std::move(kept.output);
    kept.release();
    return exchange;
}

void ExchangePool::put_back(Exchange& exchange) noexcept {
    exchange.end();
    drop(exchange.output);
    if (exchange.shared() || free_.size() >= kKeptExchanges) {
        if (!exchange.shared()) passed_on(sizeof(Exchange) + exchange.output.capacity());
        exchange.release();
        return;
    }
    free_.emplace_back(&exchange, [](Exchange* kept) { kept->release(); });
    put();
}

std::size_t ExchangePool::let_one_go() noexcept {
    const std::size_t bytes = sizeof(Exchange) + free_.back()->output.capacity();
    free_.pop_back();
    return bytes;
}

}  // namespace grove::http
