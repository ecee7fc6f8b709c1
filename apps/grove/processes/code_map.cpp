#include "code_map.h"

#include <algorithm>
#include <cerrno>
#include <iterator>

#include <fcntl.h>
#include <unistd.h>

namespace grove::http {

// Byte by byte, through a small buffer: it runs on a signal's stack.
class CodeMap::Reader {
public:
    explicit Reader(int fd) noexcept : fd_{fd} { ::lseek(fd_, 0, SEEK_SET); }

    /// -1: the end.
    int next() noexcept {
        if (at_ == size_) {
            ssize_t got = -1;
            while ((got = ::read(fd_, buffer_.data(), buffer_.size())) < 0 && errno == EINTR) {
            }
            if (got <= 0) return -1;
            at_ = 0;
            size_ = static_cast<std::size_t>(got);
        }
        return static_cast<unsigned char>(buffer_[at_++]);
    }
    /// Up to the first byte that is no digit of it, which is skipped.
    std::uint64_t number(unsigned base) noexcept {
        std::uint64_t value = 0;
        for (;;) {
            const int c = next();
            unsigned digit = 16;
            if (c >= '0' && c <= '9') digit = static_cast<unsigned>(c - '0');
            if (c >= 'a' && c <= 'f') digit = static_cast<unsigned>(c - 'a') + 10;
            if (digit >= base) return value;
            value = value * base + digit;
        }
    }

private:
    int fd_;
    std::size_t at_ = 0;
    std::size_t size_ = 0;
    std::array<char, 1024> buffer_;
};

CodeMap::CodeMap() noexcept : maps_{::open("/proc/self/maps", O_RDONLY | O_CLOEXEC)} {}

void CodeMap::read(std::uintptr_t stack_pointer) noexcept {
    const int before = errno;
    count_ = names_size_ = 0;
    stack_ = {};
    Reader reader{maps_.get()};
    while (read_line(reader, stack_pointer)) {
    }
    errno = before;
}

// 7f34b6c00000-7f34b6c28000 r-xp 00002000 08:01 131339    /usr/lib/x86_64-linux-gnu/libc.so.6
bool CodeMap::read_line(Reader& reader, std::uintptr_t stack_pointer) noexcept {
    Range range{};
    range.begin = reader.number(16);
    range.end = reader.number(16);
    if (range.end == 0) return false;
    const bool readable = reader.next() == 'r';
    reader.next();
    const bool executable = reader.next() == 'x';
    reader.next();
    reader.next();
    range.offset = reader.number(16);
    reader.number(16);
    reader.number(16);
    range.inode = reader.number(10);
    range.name = static_cast<std::uint32_t>(names_size_);
    const bool kept = readable && executable && count_ < kMostRanges;
    int c = reader.next();
    while (c == ' ') c = reader.next();
    for (; c != '\n'; c = reader.next()) {
        if (c < 0) return false;
        if (kept && names_size_ < names_.size()) names_[names_size_++] = static_cast<char>(c);
    }
    range.name_size = static_cast<std::uint32_t>(names_size_) - range.name;
    if (kept) ranges_[count_++] = range;
    if (stack_pointer >= range.begin && stack_pointer < range.end)
        stack_ = {range.begin, range.end};
    return true;
}

const CodeMap::Range* CodeMap::find(std::uintptr_t address) const noexcept {
    const auto* const end = ranges_.data() + count_;  // the kernel has them in order
    const auto* const above =
        std::upper_bound(ranges_.data(), end, address,
                         [](std::uintptr_t at, const Range& range) { return at < range.begin; });
    if (above == ranges_.data()) return nullptr;
    const Range& range = *std::prev(above);
    return address < range.end ? &range : nullptr;
}

bool is_of_the_system(std::string_view name) noexcept {
    if (name.starts_with('[')) return true;
    if (!name.starts_with("/lib") && !name.starts_with("/usr/lib")) return false;
    const std::string_view file = name.substr(name.rfind('/') + 1);
    return (file.starts_with("lib") || file.starts_with("ld-")) && !file.starts_with("libgrove_");
}

}  // namespace grove::http
