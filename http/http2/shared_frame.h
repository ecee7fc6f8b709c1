// shared_frame.h - the memory of a hub's HTTP/2 sessions, which share the one buffer that each builds its frames in.
//
// nghttp2 makes a session with a buffer for a frame: 16 KiB of the session's 26 (1.52), or 22 (1.64). What is in it
// matters only from when nghttp2_session_mem_send() builds a frame until that function returns 0. A session that is
// made for trial shows whether this nghttp2 allocates one such buffer while it makes a session; if it is none, or
// several, nothing is shared. A buffer that it allocates later, for a larger frame, is the session's own.
#pragma once

#include <cstddef>
#include <cstdint>

#include <nghttp2/nghttp2.h>

namespace grove::http {

/// The memory of malloc(3).
[[nodiscard]] nghttp2_mem c_memory() noexcept;

/// Thread: one hub's. Must outlive its sessions (asserted). Never switches.
class SharedFrame {
public:
    class Turn;

    /// @param shares  false: each session has a buffer of its own
    /// @param memory  where everything is allocated
    explicit SharedFrame(bool shares = true, const nghttp2_mem& memory = c_memory()) noexcept;
    ~SharedFrame();
    SharedFrame(const SharedFrame&) = delete;
    SharedFrame& operator=(const SharedFrame&) = delete;

    /// A server's session, which the caller ends by nghttp2_session_del(). @throws std::bad_alloc
    [[nodiscard]] nghttp2_session* make_session(const nghttp2_session_callbacks& callbacks,
                                                void* user_data, const nghttp2_option* option);

    /// How many sessions have the shared buffer.
    [[nodiscard]] std::size_t sharing() const noexcept { return sharing_; }

private:
    enum class Allocating : std::uint8_t { kOther, kTrial, kSession };

    static SharedFrame& of(void* user_data) noexcept;
    [[nodiscard]] nghttp2_session* create(Allocating what,
                                          const nghttp2_session_callbacks& callbacks,
                                          void* user_data, const nghttp2_option* option);
    [[nodiscard]] void* allocate(std::size_t size) noexcept;
    void release(void* block) noexcept;
    [[nodiscard]] void* resize(void* block, std::size_t size) noexcept;
    [[nodiscard]] bool is_shared(const void* block) const noexcept;

    const nghttp2_mem memory_;
    void* buffer_ = nullptr;       // allocated for the first session
    std::size_t buffer_size_ = 0;  // 0: nothing is shared
    std::size_t sharing_ = 0;
    unsigned seen_ = 0;  // large allocations of the trial
    Allocating allocating_ = Allocating::kOther;
    bool is_to_try_;
    bool is_sending_ = false;
};

/// Lasts while one session sends: nghttp2_session_mem_send() must be called until it returns 0, or an error, after
/// which the session can only be deleted. Its bytes must be copied or sent before the Turn ends; no other Turn can be
/// taken meanwhile (asserted). nghttp2_send_data_callback may not return NGHTTP2_ERR_WOULDBLOCK, which would leave the
/// frame's head in the buffer: a body waits by NGHTTP2_ERR_DEFERRED.
class SharedFrame::Turn {
public:
    explicit Turn(SharedFrame& frame) noexcept;
    ~Turn() { frame_.is_sending_ = false; }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

private:
    SharedFrame& frame_;
};

}  // namespace grove::http
