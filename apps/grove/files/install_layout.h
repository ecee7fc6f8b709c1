// install_layout.h - where the binary's files lie, installed or in a build tree.
#pragma once

#include <filesystem>

/// The directory of the running binary: libraries, plugins and the default configuration lie beside
/// it.
std::filesystem::path binary_directory();
/// Where the plugins lie that ship with it.
std::filesystem::path shipped_plugins();
