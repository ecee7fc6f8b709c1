// tls_ticket_keys.h - the keys that seal session tickets: the same in a process and in all that it
// forks, so that each resumes the sessions of the others.
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

/// A current key and the former keys. A new key comes every `life`, at the same moment in every
/// copy, and nobody has to be told: the next key is computed from a secret that the copies share. A
/// former key cannot be computed from the current secret: once its key is not kept any more, a
/// ticket is safe from whoever gets at the process. A key is kept for two lives, or as long as
/// keep() says. No core has the keys.
///
/// Thread: one hub's at a time. Only fork() makes copies.
class GROVE_EXPORT TlsTicketKeys {
public:
    using Clock = std::chrono::steady_clock;         ///< One for all processes of a machine.
    using Now = std::function<Clock::time_point()>;  ///< For tests that do not wait.
    using Secret = std::array<unsigned char, 32>;    ///< 256 random bits.
    using Name = std::array<unsigned char, 16>;      ///< Tells keys apart.

    /// The key that seals a ticket.
    struct Key {
        Name name{};      ///< Stands in the ticket, in the open.
        Secret cipher{};  ///< For AES-256.
        Secret mac{};     ///< For HMAC-SHA-256.
    };

    /// @param life  a ticket is accepted for at least that long
    /// @throws TlsError if no random bytes are to be had
    explicit TlsTicketKeys(Clock::duration life = std::chrono::hours{3}, Now now = &Clock::now);
    ~TlsTicketKeys();
    TlsTicketKeys(const TlsTicketKeys&) = delete;
    TlsTicketKeys& operator=(const TlsTicketKeys&) = delete;

    /// From now on tickets are accepted for at least that long. Never shortens the time. To be
    /// called before any key has been dropped.
    void keep(Clock::duration lifetime);

    /// The key for new tickets. Valid until the next call.
    const Key& current();
    /// The key of a ticket; null: it is not kept any more, or never was a key. Valid until the next
    /// call.
    const Key* find(const Name& name);

private:
    struct Kept {
        Kept();
        ~Kept();
        Secret secret{};  // of the next key
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
    std::size_t most_ = 1;    // former keys that are kept
    KeptPtr kept_;            // in secret_memory()
};

}  // namespace grove
