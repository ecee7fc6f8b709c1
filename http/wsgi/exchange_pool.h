// exchange_pool.h - exchanges between requests: most requests need not make one.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <grove/core/detail/spare_memory.h>

namespace grove::http {

class ClientHook;
class ClientSocket;
class Exchange;
struct ServiceTerms;

class ExchangePool final : public SpareMemory {
public:
    /// @param terms  must outlive it
    explicit ExchangePool(const ServiceTerms& terms) noexcept;

    /// An exchange for a new head of this client. `owing`: that of the request before on the same connection, or nullptr;
    /// what it has not sent yet goes on with the new one. @throws std::bad_alloc; `owing` still has it then
    [[nodiscard]] Exchange& take(ClientSocket& client, ClientHook& hook, Exchange* owing);
    void put_back(Exchange& exchange) noexcept;

private:
    [[nodiscard]] Exchange& free_one();
    [[nodiscard]] Exchange& in_place_of(Exchange& kept);
    std::size_t let_one_go() noexcept override;

    const ServiceTerms& terms_;
    std::vector<std::unique_ptr<Exchange, void (*)(Exchange*)>> free_;
};

}  // namespace grove::http
