// code_map.h - where this process has code, found out in a signal handler.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <grove/core/file_descriptor.h>
#include <grove/core/run_info.h>

namespace grove::http {

/// The code that /proc/self/maps tells of. It is large and takes a descriptor, so it is made
/// beforehand, in the process that it describes; the handler that needs it fills it. Neither
/// allocates nor throws.
class CodeMap {
public:
    struct Range {
        std::uintptr_t begin;
        std::uintptr_t end;
        std::uint64_t offset;  // of its begin in the file
        std::uint64_t inode;
        std::uint32_t name;  // place in the names
        std::uint32_t name_size;
    };

    CodeMap() noexcept;  // leaves its memory untouched, and so unused

    /// Reads it anew. Code beyond the first kMostRanges is not known.
    /// @param stack_pointer  whose mapping is the stack of a thread that no hub made
    void read(std::uintptr_t stack_pointer) noexcept;

    /// nullptr: there is no code.
    [[nodiscard]] const Range* find(std::uintptr_t address) const noexcept;
    /// As the kernel has it: "/usr/lib/x.so", "/memfd:hello.so (deleted)", "[vdso]".
    [[nodiscard]] std::string_view name_of(const Range& range) const noexcept {
        return {names_.data() + range.name, range.name_size};
    }
    /// The mapping that holds the stack pointer; {0, 0}: there is none.
    [[nodiscard]] const StackBounds& stack() const noexcept { return stack_; }

private:
    static constexpr std::size_t kMostRanges = 256;

    class Reader;

    bool read_line(Reader& reader, std::uintptr_t stack_pointer) noexcept;

    const FileDescriptor maps_;
    std::array<Range, kMostRanges> ranges_;
    std::array<char, 32768> names_;
    std::size_t count_ = 0;
    std::size_t names_size_ = 0;
    StackBounds stack_{};
};

/// Whether `name` is the C or C++ library, the loader, the kernel or another library of the system.
/// Such code keeps no frame pointers, and is not what somebody looks for who asks what his program
/// does.
[[nodiscard]] bool is_of_the_system(std::string_view name) noexcept;

}  // namespace grove::http
