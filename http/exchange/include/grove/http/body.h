// body.h - what an application returns: text, shared text, pieces, a file, a generator. Thread:
// the server's.
#pragma once

#include <concepts>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <grove/core/detail/export.h>
#include <grove/http/file.h>
#include <grove/http/headers.h>

namespace grove::http {

/// Movable. The server knows the Content-Length of all but a generator. It streams a generator
/// (chunked for HTTP/1.1), and calls it in the handler's greenlet when the kernel has taken the
/// previous piece, or gathers that: small pieces that follow the first within some milliseconds,
/// without a block between them, leave together, 16 KiB at most. A generator may block, ends with
/// nullopt, and is not called again after it threw.
class GROVE_EXPORT Body {
public:
    /// Returns the next piece; nullopt: the end.
    using Generator = std::function<std::optional<std::string>()>;
    /// One of several in braces: Body{a, std::move(b), "c"}. A body takes its text away, which what
    /// lies in a std::initializer_list of strings would not let it do: such a list serves one body.
    class Piece {
    public:
        /// @{ Taken, or copied.
        Piece(std::string text) noexcept : text_{std::move(text)} {}
        Piece(std::string_view text) : text_{text} {}
        Piece(const char* text) : text_{text} {}
        /// @}

    private:
        friend class Body;
        mutable std::string text_;
    };

    Body() noexcept;                  ///< Empty: Content-Length 0.
    Body(std::string text) noexcept;  ///< One piece.
    Body(std::string_view text);      ///< One piece, copied.
    Body(const char* text);           ///< One piece, copied up to its NUL.
    /// One piece that many answers share: none copies it, and each holds it until its client has
    /// taken it. It must not change meanwhile. nullptr: empty.
    Body(std::shared_ptr<const std::string> text) noexcept;
    /// Pieces, sent one after another in as few system calls as fit.
    Body(std::vector<std::string> pieces) noexcept;
    /// The same: return {"a", "b"}. One alone is as without the braces: one text, copied if it is
    /// an lvalue, and moved if not.
    Body(std::initializer_list<Piece> pieces);
    /// The file is opened here, in the application, and sent by sendfile(2).
    /// @throws std::system_error if opening fails, or the file is not a regular file
    Body(const File& file);
    /// A file that is open already; the body takes over its descriptor.
    Body(OpenFile file) noexcept;
    /// Anything callable that returns a piece or nullopt; it may be move-only.
    template <class G>
    requires std::is_invocable_r_v<std::optional<std::string>, G&> Body(G generator)
        : content_{to_function(std::move(generator))} {}

    Body(Body&& other) noexcept;
    Body& operator=(Body&& other) noexcept;
    /// Calls the on_close() functions, unless the server has called them.
    ~Body();

    /// PEP 3333's close(): the function is called exactly once, after the body was sent or given
    /// up, in the handler's greenlet, shielded from kills. Several functions are called in the
    /// order they were added. A generator is destroyed before that, and so are the bodies that it
    /// holds: the functions that were added to those bodies are called first. An exception is
    /// reported.
    Body& on_close(std::function<void()> function) &;
    /// The same for a temporary, such as a body on its way out of a function.
    Body&& on_close(std::function<void()> function) &&;

    /// Fields that follow the body (RFC 9110 section 6.5). The function is called in the handler's
    /// greenlet once the last piece is made, if the client can be told: over HTTP/2, and over
    /// HTTP/1.1 if the request said `TE: trailers` and start_response gave no Content-Length; not
    /// for HEAD, 204 and 304. A second function takes the place of the first. Fields that frame a
    /// message or speak of the connection are refused as start_response refuses them; then, and if
    /// the function throws, the answer fails.
    Body& trailers(std::function<Headers()> function) &;
    Body&& trailers(std::function<Headers()> function) &&;  ///< The same for a temporary.

    /// The forms a body may have.
    using Content = std::variant<std::string, std::vector<std::string>, OpenFile, Generator,
                                 std::shared_ptr<const std::string>>;
    /// For the server, and for middleware that changes a body.
    [[nodiscard]] Content& content() noexcept { return content_; }
    /// Something is to be called by close().
    [[nodiscard]] bool has_on_close() const noexcept { return !on_close_.empty(); }
    /// The same; an empty function: it has none.
    [[nodiscard]] std::function<Headers()> take_trailers() noexcept;
    /// trailers() was called, and take_trailers() was not.
    [[nodiscard]] bool has_trailers() const noexcept { return trailers_ != nullptr; }
    /// For the server, and for middleware that drops a body. No effect the second time.
    void close() noexcept;

private:
    template <class G>
    static Generator to_function(G generator) {
        if constexpr (std::copy_constructible<G>) {
            return generator;
        } else {
            return [kept = std::make_shared<G>(std::move(generator))] { return (*kept)(); };
        }
    }

    Content content_;
    std::vector<std::function<void()>> on_close_;
    std::unique_ptr<std::function<Headers()>> trailers_;  // few bodies have any
};

/// The text of a body that is one text, its own or a shared one; nullptr: it has another form.
/// @pre a shared one is not null
[[nodiscard]] GROVE_EXPORT const std::string* one_text(const Body::Content& content) noexcept;

}  // namespace grove::http
