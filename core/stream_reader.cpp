#include <grove/core/stream_reader.h>

#include <algorithm>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace grove {

StreamReader::StreamReader(Stream& stream, std::size_t buffer) : stream_{stream}, buffer_{buffer} {
    if (buffer == 0) throw std::invalid_argument{"StreamReader: the buffer has no room"};
}

std::string StreamReader::readline(std::size_t limit, Timespan timeout) {
    const Deadline deadline{timeout};
    std::size_t searched = 0;  // of what is buffered; there is no '\n' in it
    for (;;) {
        const std::string_view there = std::string_view{bytes_}.substr(given_);
        const std::size_t end = there.find('\n', searched);
        searched = there.size();
        const std::size_t length = end != std::string_view::npos ? end + 1 : searched;
        if (length > limit) {
            throw std::length_error{"StreamReader: a line is longer than " + std::to_string(limit) +
                                    " bytes"};
        }
        if (end != std::string_view::npos || !fill(deadline)) return give(length);
    }
}

std::string StreamReader::read(std::size_t most, Timespan timeout) {
    if (most != 0 && buffered() == 0) fill(Deadline{timeout});
    return give(std::min(most, buffered()));
}

std::string StreamReader::read_exactly(std::size_t bytes, Timespan timeout) {
    const Deadline deadline{timeout};
    while (buffered() < bytes) {
        if (!fill(deadline)) {
            throw EndOfStream{"the stream ended after " + std::to_string(buffered()) + " of " +
                              std::to_string(bytes) + " bytes"};
        }
    }
    return give(bytes);
}

// False: the stream has ended.
bool StreamReader::fill(const Deadline& deadline) {
    bytes_.erase(0, std::exchange(given_, 0));
    struct Came {  // also if recv() throws: nothing came then
        std::string& bytes;
        std::size_t end = bytes.size();
        ~Came() { bytes.resize(end); }
    } came{bytes_};
    const std::size_t before = came.end;
    bytes_.resize(before + buffer_);
    came.end += stream_.recv(std::span{bytes_}.subspan(before), deadline.left());
    return came.end != before;
}

std::string StreamReader::give(std::size_t bytes) {
    std::string given = bytes_.substr(given_, bytes);
    given_ += bytes;
    return given;
}

}  // namespace grove
