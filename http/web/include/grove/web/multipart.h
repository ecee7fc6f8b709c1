// multipart.h - multipart/form-data (RFC 7578), part by part as it comes: nothing of a part is kept.
//
// Thread and greenlet: the handler's. A call that reads blocks until bytes come, as Input::read()
// does, and throws the exceptions of Input::read(). A body that breaks the grammar causes an
// HttpError of status 400.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <string>

#include <grove/core/detail/export.h>
#include <grove/http/headers.h>

#include <grove/web/multipart_limits.h>  // IWYU pragma: export

namespace grove::web {

using http::Headers;
class MultipartReader;
struct PartHead;

/// A field of the form, or a file. Lives until the Multipart that gave it goes on or ends.
class GROVE_EXPORT Part {
public:
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;
    ~Part();

    /// The field's name. Its %22, %0D and %0A are decoded to '"', CR and LF, as browsers write
    /// these.
    [[nodiscard]] const std::string& name() const noexcept;
    /// The part of the client's name for the file after the last '/' or '\'; "" for "." and "..".
    /// So it is a name that can stand in a folder, but it is still the client's choice.
    [[nodiscard]] const std::string& filename() const noexcept;
    /// There is a filename. It may be "": no file was chosen in that field.
    [[nodiscard]] bool is_file() const noexcept;
    /// Its field Content-Type; "text/plain" without one (RFC 7578 section 4.4).
    [[nodiscard]] std::string content_type() const;
    [[nodiscard]] const Headers& headers() const noexcept;  ///< Its fields, as they came.

    /// Up to `n` bytes, fewer only at the part's end; negative: all bytes left. "" at the end.
    std::string read(std::ptrdiff_t n = -1);
    /// All bytes left. @throws HttpError of status 413 if they are more than `limit`
    std::string text(std::size_t limit = 1U << 20U);
    /// Writes the bytes left to a file beside `path`, then renames that file to `path`. It replaces
    /// whatever had that name, a symbolic link, too. An interrupted save() leaves no new file, and
    /// leaves `path` as it was; a process that is killed leaves the file beside `path`,
    /// ".0123456789abcdef.part". Writing blocks the thread, as a disk does.
    /// @param progress  is told the bytes written so far, after each piece; an exception of it ends
    ///                  save()
    /// @return the bytes of the file
    /// @throws HttpError of status 413 if they are more than `limit`; std::system_error naming the
    ///         path
    std::uint64_t save(const std::string& path, std::uint64_t limit,
                       std::function<void(std::uint64_t)> progress = {});

private:
    friend class Multipart;
    Part(MultipartReader& reader, PartHead head);

    MultipartReader& reader_;
    std::unique_ptr<const PartHead> head_;
};

/// The parts of a request's body: Request::multipart() makes one. Movable.
class GROVE_EXPORT Multipart {
public:
    class Iterator;

    Multipart(Multipart&& other) noexcept;
    Multipart& operator=(Multipart&& other) noexcept;
    ~Multipart();

    /// Passes over the unread rest of the part before, then gives the next part; null: that was
    /// all. A body that does not end as it should has no last part: HttpError of status 400.
    Part* next();
    /// The parts that are left. Gets the first.
    Iterator begin();
    std::default_sentinel_t end() const noexcept { return {}; }  ///< Behind the last.

private:
    friend class Request;
    struct State;
    explicit Multipart(MultipartReader reader);

    std::unique_ptr<State> state_;
};

/// Each step is a next().
class Multipart::Iterator {
public:
    using iterator_concept = std::input_iterator_tag;
    using value_type = Part;
    using difference_type = std::ptrdiff_t;

    Iterator() = default;
    explicit Iterator(Multipart& multipart) : multipart_{&multipart}, part_{multipart.next()} {}
    Part& operator*() const noexcept { return *part_; }  ///< Valid until the next step.
    Part* operator->() const noexcept { return part_; }  ///< The same.
    Iterator& operator++() {
        part_ = multipart_->next();
        return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& at, std::default_sentinel_t) noexcept {
        return at.part_ == nullptr;
    }

private:
    Multipart* multipart_ = nullptr;
    Part* part_ = nullptr;
};

inline Multipart::Iterator Multipart::begin() { return Iterator{*this}; }

}  // namespace grove::web
