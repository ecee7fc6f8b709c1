#include "conversation.h"

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

#include <sys/epoll.h>

#include <grove/core/stream.h>

#include "pipe_write.h"

namespace grove {
namespace {

constexpr std::size_t kAtATime = 65536;  // a pipe's usual room
constexpr std::size_t kReadBytes = 8192;

}  // namespace

Conversation::Conversation(std::string input, Stream* in, Stream* out, Stream* err)
    : any_{::epoll_create1(EPOLL_CLOEXEC)},
      input_{std::move(input)},
      in_{watch(in, EPOLLOUT)},
      out_{watch(out, EPOLLIN)},
      err_{watch(err, EPOLLIN)} {}

Stream* Conversation::watch(Stream* stream, std::uint32_t events) {
    if (!any_) throw std::system_error{errno, std::generic_category(), "epoll_create1"};
    if (stream == nullptr || stream->fd() < 0) return nullptr;
    epoll_event event{};
    event.events = events;
    if (::epoll_ctl(any_.get(), EPOLL_CTL_ADD, stream->fd(), &event) != 0)
        throw std::system_error{errno, std::generic_category(), "epoll_ctl"};
    return stream;
}

void Conversation::finish(Stream*& stream) {
    ::epoll_ctl(any_.get(), EPOLL_CTL_DEL, stream->fd(), nullptr);
    std::exchange(stream, nullptr)->close();
}

bool Conversation::go_on() {
    feed();
    collect(out_, output);
    collect(err_, errors);
    return in_ == nullptr && out_ == nullptr && err_ == nullptr;
}

void Conversation::feed() {
    if (in_ == nullptr) return;
    const auto rest = std::string_view{input_}.substr(sent_, kAtATime);
    const std::ptrdiff_t sent = rest.empty() ? 0 : write_to_pipe(in_->fd(), rest);
    if (sent > 0) sent_ += static_cast<std::size_t>(sent);
    if (sent < 0 && sent != -EAGAIN && sent != -EPIPE) {
        throw std::system_error{static_cast<int>(-sent), std::generic_category(),
                                "write to a child's input"};
    }
    if (sent_ == input_.size() || sent == -EPIPE) finish(in_);
}

void Conversation::collect(Stream*& from, std::string& into) {
    std::array<char, kReadBytes> bytes;
    for (std::size_t all = 0; from != nullptr && all < kAtATime;) {
        const auto got = from->try_recv(bytes);
        if (!got) return;
        if (*got == 0) return finish(from);
        into.append(bytes.data(), *got);
        all += *got;
    }
}

}  // namespace grove
