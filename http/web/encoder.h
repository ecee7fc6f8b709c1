// encoder.h - content codings, fed piece by piece. Thread: one at a time; never switches.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace grove::web {

enum class Coding { kBrotli, kZstd, kGzip };

/// As Content-Encoding names it.
[[nodiscard]] std::string_view name_of(Coding coding) noexcept;

class Encoder {
public:
    enum class After {
        kMore,   ///< What is small may wait for more.
        kFlush,  ///< All that was given can be decoded from what was returned.
        kEnd,    ///< The same, and nothing follows: not called again.
    };

    virtual ~Encoder() = default;
    /// @return the bytes to send now, which may be none
    /// @throws std::bad_alloc, std::runtime_error  the library fails
    [[nodiscard]] virtual std::string encode(std::string_view piece, After after) = 0;
};

/// @param level  1 to 9, mapped to the coding's own scale; nullopt: its default here
/// @throws std::bad_alloc, std::runtime_error
[[nodiscard]] std::unique_ptr<Encoder> make_encoder(Coding coding, std::optional<int> level);

}  // namespace grove::web
