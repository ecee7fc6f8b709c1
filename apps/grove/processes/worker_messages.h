// worker_messages.h - what a worker says to its master, over the channel that both have.
#pragma once

#include <cstddef>

namespace grove::http {

// One byte, and for some more behind it.
inline constexpr char kReadyMessage = 'r';
inline constexpr char kNudgeMessage = 'n';    // says nothing but that the notes are worth a look
inline constexpr char kAskMessage = 'o';      // for files
inline constexpr char kLookMessage = 'l';     // for readers of those that are pipes
inline constexpr char kReplaceMessage = 'x';  // and the reason behind it
inline constexpr std::size_t kMostReasonBytes = 1000;
inline constexpr char kRefusedMessage[] = "f";
inline constexpr std::size_t kMostRefusedBytes = 65536;

}  // namespace grove::http
