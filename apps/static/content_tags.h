// content_tags.h - entity tags that are made of a file's bytes, and change with nothing else.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <sys/stat.h>

/// Movable.
class ContentTags {
public:
    static constexpr std::size_t kMost = 4096;  ///< Files whose digest is kept.

    /// The first half of SHA-256 in hexadecimal digits.
    /// @throws std::runtime_error  OpenSSL has none
    static std::string digest_of(std::string_view bytes);

    /// The same of an open file. It is read once, as long as its number, size and times stay: 64 KiB a turn of the
    /// hub, and others that ask for it meanwhile wait. The digest of a file that was written in the last tenth of a
    /// second is not kept, as its time may be that of a later write.
    /// @return nullopt: it has changed since `status`, or cannot be read
    std::optional<std::string> of(int file, const struct stat& status);
    [[nodiscard]] std::size_t times_read() const noexcept { return times_read_; }

private:
    struct Known;
    // Device, number, size, seconds and nanoseconds of the last write, and of the last change.
    using Key = std::array<std::uint64_t, 7>;

    static Key key_of(const struct stat& status);
    std::shared_ptr<Known> known(const Key& key);

    std::map<Key, std::shared_ptr<Known>> known_;
    std::size_t times_read_ = 0;
};
