// sent_files.h - a message with open files beside it, over a SOCK_SEQPACKET channel between two processes.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <sys/types.h>

#include <grove/core/file_descriptor.h>

namespace grove::http {

inline constexpr std::size_t kMostFilesSent = 64;  // beside one message

/// @param files  lent, kMostFilesSent at most
/// @param flags  of sendmsg(2)
/// @return false: errno says why
[[nodiscard]] bool send_files(int channel, char message, const int* files, std::size_t count,
                              int flags = 0) noexcept;

/// Never blocks.
/// @param text   its size is what there is room for; becomes the message
/// @param files  what came beside it is added
/// @param cut    becomes true if the system gave fewer files than were sent
/// @return bytes; 0: the other end is closed; -1: errno says why, and text is as it was
[[nodiscard]] ssize_t receive_with_files(int channel, std::string& text,
                                         std::vector<FileDescriptor>& files, bool& cut);

}  // namespace grove::http
