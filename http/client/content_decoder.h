// content_decoder.h - content codings undone, piece by piece (RFC 9110, section 8.4.1). Never switches.
#pragma once

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace grove::http {

/// The coded bytes are broken; the text says how.
class BadCoding : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

class ContentDecoder {
public:
    virtual ~ContentDecoder() = default;
    /// Appends at most `room` decoded bytes to `out`.
    /// @param coded  what was consumed is removed from its front. Some output may be owed even if all of it was
    /// @return whether more output may be there without more input
    /// @throws BadCoding, also if something follows the coded data; std::bad_alloc
    virtual bool decode(std::string_view& coded, std::string& out, std::size_t room) = 0;
    /// The coded data are complete, as far as they came.
    [[nodiscard]] virtual bool complete() const noexcept = 0;
};

/// @param coding  of Content-Encoding, in any case. @return null: it is not known. @throws std::bad_alloc
[[nodiscard]] std::unique_ptr<ContentDecoder> make_decoder(std::string_view coding);

}  // namespace grove::http
