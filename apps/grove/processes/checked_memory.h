// checked_memory.h - memory that may not be there.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace grove::http {

/// Reads what lies at an address, whatever that is. For signal handlers: it neither allocates nor faults. Takes two
/// descriptors, without which nothing can be read: made beforehand. One read at a time.
class CheckedMemory {
public:
    CheckedMemory() noexcept;
    ~CheckedMemory();
    CheckedMemory(const CheckedMemory&) = delete;
    CheckedMemory& operator=(const CheckedMemory&) = delete;

    /// Up to 4096 bytes. @return false: they are not all there
    bool read(std::uintptr_t address, void* to, std::size_t bytes) const noexcept;

private:
    std::array<int, 2> ends_;
};

}  // namespace grove::http
