#include "shared_frame.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include <grove/core/detail/assert.h>

namespace grove::http {
namespace {

constexpr std::size_t kLarge = 16'384;  // the payload of the largest frame that a peer must take

}  // namespace

nghttp2_mem c_memory() noexcept {
    return {
        .mem_user_data = nullptr,
        .malloc = [](std::size_t size, void*) { return std::malloc(size); },
        .free = [](void* block, void*) { std::free(block); },
        .calloc = [](std::size_t count, std::size_t size,
                     void*) { return std::calloc(count, size); },
        .realloc = [](void* block, std::size_t size, void*) { return std::realloc(block, size); },
    };
}

SharedFrame::SharedFrame(bool shares, const nghttp2_mem& memory) noexcept
    : memory_{memory}, is_to_try_{shares} {}

SharedFrame::~SharedFrame() {
    GROVE_ASSERT(sharing_ == 0, "SharedFrame destroyed under its sessions");
    memory_.free(buffer_, memory_.mem_user_data);
}

nghttp2_session* SharedFrame::make_session(const nghttp2_session_callbacks& callbacks,
                                           void* user_data, const nghttp2_option* option) {
    if (is_to_try_) {
        seen_ = 0;
        nghttp2_session_del(create(Allocating::kTrial, callbacks, user_data, option));
        if (seen_ != 1) buffer_size_ = 0;
        is_to_try_ = false;
    }
    return create(Allocating::kSession, callbacks, user_data, option);
}

nghttp2_session* SharedFrame::create(Allocating what, const nghttp2_session_callbacks& callbacks,
                                     void* user_data, const nghttp2_option* option) {
    nghttp2_mem hooks{
        .mem_user_data = this,
        .malloc = [](std::size_t size, void* self) { return of(self).allocate(size); },
        .free = [](void* block, void* self) { of(self).release(block); },
        .calloc =
            [](std::size_t count, std::size_t size, void* self) {
                const nghttp2_mem& memory = of(self).memory_;
                return memory.calloc(count, size, memory.mem_user_data);
            },
        .realloc = [](void* block, std::size_t size,
                      void* self) { return of(self).resize(block, size); },
    };
    nghttp2_session* session = nullptr;
    allocating_ = what;
    const int error = nghttp2_session_server_new3(&session, &callbacks, user_data, option, &hooks);
    allocating_ = Allocating::kOther;
    if (error != 0) throw std::bad_alloc{};  // there is no other
    return session;
}

SharedFrame& SharedFrame::of(void* user_data) noexcept {
    return *static_cast<SharedFrame*>(user_data);
}

void* SharedFrame::allocate(std::size_t size) noexcept {
    if (size >= kLarge && allocating_ == Allocating::kTrial) {
        ++seen_;
        buffer_size_ = size;
    }
    // Another option might make it larger: then it is not that of the trial.
    if (size != buffer_size_ || size == 0 || allocating_ != Allocating::kSession)
        return memory_.malloc(size, memory_.mem_user_data);
    if (buffer_ == nullptr) buffer_ = memory_.malloc(size, memory_.mem_user_data);
    if (buffer_ != nullptr) ++sharing_;
    return buffer_;
}

void SharedFrame::release(void* block) noexcept {
    if (is_shared(block)) {
        --sharing_;
    } else {
        memory_.free(block, memory_.mem_user_data);
    }
}

void* SharedFrame::resize(void* block, std::size_t size) noexcept {
    if (block == nullptr) return allocate(size);
    if (!is_shared(block)) return memory_.realloc(block, size, memory_.mem_user_data);
    void* const own = memory_.malloc(size, memory_.mem_user_data);
    if (own == nullptr) return nullptr;
    std::memcpy(own, block, std::min(size, buffer_size_));
    --sharing_;
    return own;
}

bool SharedFrame::is_shared(const void* block) const noexcept {
    return block != nullptr && block == buffer_;
}

SharedFrame::Turn::Turn(SharedFrame& frame) noexcept : frame_{frame} {
    GROVE_ASSERT(!frame.is_sending_, "two HTTP/2 sessions send at once");
    frame.is_sending_ = true;
}

}  // namespace grove::http
