// kept_files.h - small files as they were read a moment ago.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <unordered_map>

#include "representation.h"

class KeptFiles {
public:
    using Clock = std::chrono::steady_clock;
    /// Of one file that is kept; all together are a few megabytes at most.
    static constexpr std::size_t kMostBytes = 65536;
    static constexpr std::size_t kMostBytesInAll = 8388608;

    /// @param lifetime  for which a file is given as it was read; 0: none is kept
    explicit KeptFiles(Clock::duration lifetime) : lifetime_{lifetime} {}

    /// @return null: it is not kept, or not any more. Else valid until the next call
    [[nodiscard]] const Variants* find(const std::string& path, Clock::time_point now);
    /// Those that have no bytes are not kept, and neither are the others of their path.
    void keep(const std::string& path, const Variants& variants, Clock::time_point now);
    void forget(const std::string& path);
    void forget_all() noexcept;
    [[nodiscard]] Clock::duration lifetime() const noexcept { return lifetime_; }

private:
    struct Kept {
        Variants variants;
        Clock::time_point until;
        std::size_t bytes;  // about
    };

    Clock::duration lifetime_;
    std::unordered_map<std::string, Kept> files_;
    std::size_t bytes_ = 0;  // of all
};
