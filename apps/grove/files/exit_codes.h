// exit_codes.h - what the binary's end tells its caller.
#pragma once

constexpr int kExitClean = 0;
constexpr int kExitFailure = 1;  ///< While it ran, or could not begin to: an address in use.
constexpr int kExitUsage = 2;    ///< The command line or the configuration; nothing was started.
constexpr int kExitUnended =
    3;  ///< A worker's: it was told to end, and some of its requests or greenlets did not.
