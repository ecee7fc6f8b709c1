// tls_ticket_keys.h - what session tickets are sealed with: the same in a process and in all that are
// forked from it, so that each resumes what another one began.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <memory_resource>

#include <grove/core/detail/export.h>

namespace grove {

/// A key and the ones before it. A new one comes every `life`, at the same moment in every copy, and nobody
/// has to be told: the next is computed from a secret that goes with it. What is past cannot be computed
/// from what is held, so a ticket is safe from whoever gets at the process once its key is no longer kept: two lives
/// later, or as long as keep() says. They lie where no core has them.
///
/// Thread: one hub's at a time. Copies of it are those that fork() makes.
class GROVE_EXPORT TlsTicketKeys {
public:
    using Clock = std::chrono::steady_clock;         ///< One for all processes of a machine.
    using Now = std::function<Clock::time_point()>;  ///< For tests that do not wait.
    using Secret = std::array<unsigned char, 32>;    ///< 256 random bits.
    using Name = std::array<unsigned char, 16>;      ///< What tells keys apart.

    /// What one ticket is sealed with.
    struct Key {
        Name name{};      ///< Stands in the ticket, in the open.
        Secret cipher{};  ///< For AES-256.
        Secret mac{};     ///< For HMAC-SHA-256.
    };

    /// @param life  a ticket is taken for at least that long
    /// @throws TlsError if there is no randomness to be had
    explicit TlsTicketKeys(Clock::duration life = std::chrono::hours{3}, Now now = &Clock::now);
    ~TlsTicketKeys();
    TlsTicketKeys(const TlsTicketKeys&) = delete;
    TlsTicketKeys& operator=(const TlsTicketKeys&) = delete;

    /// From now on tickets are taken for at least that long. Never shortens. To be called before keys have gone.
    void keep(Clock::duration lifetime);

    /// For tickets to come. Valid until the next call.
    const Key& current();
    /// The key of a ticket; null: it is no more, or never was. Valid until the next call.
    const Key* find(const Name& name);

private:
    struct Kept {
        Kept();
        ~Kept();
        Secret secret{};  // of the key to come
        Key current;
        std::pmr::list<Key> former;  // the latest first
    };
    struct Free {
        void operator()(Kept* kept) const noexcept;
    };
    using KeptPtr = std::unique_ptr<Kept, Free>;

    static KeptPtr make_kept();
    void catch_up();
    void next();

    Clock::duration life_;
    Now now_;
    Clock::time_point ends_;  // of the current key
    std::size_t most_ = 1;    // former ones that are kept
    KeptPtr kept_;            // in secret_memory()
};

}  // namespace grove
