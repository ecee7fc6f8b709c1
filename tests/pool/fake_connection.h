// fake_connection.h - a connection that only counts how many of its kind are open.
#pragma once

#include <utility>
#include <vector>

namespace grove::test {

/// What was opened and closed, by numbers from 1.
struct Ledger {
    int opened = 0;
    std::vector<int> closed{};
    [[nodiscard]] int open() const { return opened - static_cast<int>(closed.size()); }
};

class FakeConnection {
public:
    explicit FakeConnection(Ledger& ledger) : ledger_{&ledger}, number_{++ledger.opened} {}
    FakeConnection(FakeConnection&& other) noexcept
        : ledger_{std::exchange(other.ledger_, nullptr)}, number_{other.number_} {}
    FakeConnection& operator=(FakeConnection&& other) noexcept {
        std::swap(ledger_, other.ledger_);
        std::swap(number_, other.number_);
        return *this;
    }
    ~FakeConnection() {
        if (ledger_ != nullptr) ledger_->closed.push_back(number_);
    }

    [[nodiscard]] int number() const { return number_; }

private:
    Ledger* ledger_;
    int number_;
};

}  // namespace grove::test
