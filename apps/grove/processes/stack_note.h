// stack_note.h - where a thread stood, as it is handed on to another process: places in files, without names.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace grove::http {

struct StackSight;

/// Plain memory. Its writer says by other means when it is complete.
struct StackNote {
    static constexpr std::size_t kMostCalls = 48;
    static constexpr std::size_t kMostFiles = 12;

    struct File {
        std::uint64_t inode = 0;
        std::array<char, 240> name{};  ///< As /proc/PID/maps has it, cut; ends with '\0'.

        /// Whatever a process has written there that had lost its mind.
        [[nodiscard]] std::string_view text() const noexcept {
            return {name.data(), ::strnlen(name.data(), name.size())};
        }
    };
    struct Call {
        static constexpr std::uint32_t kNoFile = ~0U;

        std::uint64_t address = 0;
        std::uint64_t offset = 0;      ///< In the file.
        std::uint32_t file = kNoFile;  ///< Of `files`.
    };

    std::uint32_t call_count = 0;
    std::uint32_t file_count = 0;
    std::array<Call, kMostCalls> calls{};  ///< The instruction itself, then return addresses.
    std::array<File, kMostFiles> files{};

    /// In the handler of a signal: the calls that it interrupted.
    /// @param machine  the handler's third argument
    /// @param sight    its code is read anew
    void take(const void* machine, StackSight& sight) noexcept;
};

}  // namespace grove::http
