// body_spool.h - bytes of bodies that wait for the rest, in a file without a name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/types.h>

#include <grove/core/file_descriptor.h>

namespace grove::http {

/// One file, made when it is first needed, in $TMPDIR, else /var/tmp, else /tmp. Only its owner can read it, and it
/// is gone with the last process that holds it. Thread: one hub's.
class BodySpool {
public:
    /// One body's part of the file. It is destroyed before the spool.
    class Place {
    public:
        Place(Place&& other) noexcept
            : spool_{std::exchange(other.spool_, nullptr)},
              index_{other.index_},
              bytes_{other.bytes_} {}
        ~Place();

        [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
        /// Adds to the bytes. @throws std::system_error, also if there is no room in the place; the
        /// place then holds what it held
        void append(std::string_view bytes);
        /// @pre its size is bytes(). @throws std::system_error
        void read(std::span<char> all) const;

    private:
        friend class BodySpool;
        Place(BodySpool& spool, std::uint32_t index) noexcept : spool_{&spool}, index_{index} {}
        [[nodiscard]] off_t offset() const noexcept;

        BodySpool* spool_;
        std::uint32_t index_;
        std::size_t bytes_ = 0;
    };

    /// @param most  bytes of a body; of more than 1 GiB as many have a place
    explicit BodySpool(std::size_t most) noexcept;

    /// An empty one. @throws std::system_error: no file can be made
    [[nodiscard]] Place take();

private:
    void give_back(const Place& place) noexcept;

    std::size_t stride_;
    FileDescriptor file_;
    std::uint32_t places_ = 0;         // that there have been at once
    std::vector<std::uint32_t> free_;  // of these, the one that was used last at the back
};

}  // namespace grove::http
