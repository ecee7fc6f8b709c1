// conversation.h - the input of a child sent, and its outputs collected, in whatever order the child
// wants it: Popen::communicate().
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <grove/core/file_descriptor.h>

namespace grove {

class Stream;

class Conversation {
public:
    /// @param in, out, err null, or closed: not part of it; otherwise they outlive this
    /// @throws std::system_error
    Conversation(std::string input, Stream* in, Stream* out, Stream* err);

    /// Does what can be done now, up to a bound; never switches.
    /// @return false: wait until fd() is readable, then go on; true: all three are at their ends
    bool go_on();
    [[nodiscard]] int fd() const noexcept { return any_.get(); }

    std::string output;  ///< So far.
    std::string errors;  ///< So far.

private:
    [[nodiscard]] Stream* watch(Stream* stream, std::uint32_t events);
    void finish(Stream*& stream);
    void feed();
    void collect(Stream*& from, std::string& into);

    FileDescriptor any_;  // an epoll of the three, which is itself waited for
    std::string input_;
    std::size_t sent_ = 0;
    Stream* in_;  // null from its end on; likewise the others
    Stream* out_;
    Stream* err_;
};

}  // namespace grove
