#include <grove/core/stream.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include <grove/core/socket.h>

namespace grove {

Stream::Stream(std::unique_ptr<Socket> socket) noexcept : socket_{std::move(socket)} {}
Stream::Stream(Stream&& other) noexcept = default;
Stream& Stream::operator=(Stream&& other) noexcept = default;
Stream::~Stream() = default;

Socket& Stream::socket() const {
    if (socket_ == nullptr)
        throw std::system_error{EBADF, std::generic_category(), "the stream was moved away"};
    return *socket_;
}

std::size_t Stream::recv(std::span<char> into, Timespan timeout) {
    return socket().recv(into, timeout);
}
void Stream::sendall(std::string_view bytes, Timespan timeout) { socket().sendall(bytes, timeout); }
void Stream::shutdown_write() { socket().shutdown_write(); }

void Stream::close() {
    if (socket_ != nullptr) socket_->close();
}

int Stream::fd() const noexcept { return socket_ != nullptr ? socket_->fd() : -1; }

}  // namespace grove
