#include <grove/http/request_note.h>

#include <algorithm>
#include <cstring>

namespace grove::http {

void RequestNote::begin(const void* owner, std::string_view method,
                        std::string_view path) noexcept {
    owner_ = owner;
    write(method, path);
}

void RequestNote::blame(std::string_view method, std::string_view path) noexcept {
    write(method, path);
    certain_ = true;
}

void RequestNote::describe(std::string_view id, std::string_view mount,
                           std::uint32_t stream) noexcept {
    stream_ = stream;
    id_[id.copy(id_.data(), id_.size() - 1)] = '\0';
    mount_[mount.copy(mount_.data(), mount_.size() - 1)] = '\0';
}

void RequestNote::clear() noexcept {
    length_.store(0, std::memory_order_relaxed);
    owner_ = nullptr;
    certain_ = false;
    stream_ = 0;
    id_[0] = mount_[0] = '\0';
}

void RequestNote::write(std::string_view method, std::string_view path) noexcept {
    const std::size_t first = std::min(method.size(), kMostBytes - 1);
    std::memcpy(text_.data(), method.data(), first);
    text_[first] = ' ';
    const std::size_t rest = std::min(path.size(), kMostBytes - first - 1);
    std::memcpy(text_.data() + first + 1, path.data(), rest);
    length_.store(static_cast<std::uint32_t>(first + 1 + rest), std::memory_order_release);
}

std::string RequestNote::id() const { return {id_.data(), ::strnlen(id_.data(), id_.size())}; }

std::string RequestNote::mount() const {
    return {mount_.data(), ::strnlen(mount_.data(), mount_.size())};
}

std::string RequestNote::text() const {
    const std::size_t length = std::min<std::size_t>(length_, kMostBytes);
    return {text_.data(), length};
}

}  // namespace grove::http
