// server_process.h - a database server of the test's own, in a folder of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "running_program.h"
#include "temporary_folder.h"

namespace grove::test {

/// A port of 127.0.0.1 that was free a moment ago: such servers do not take 0.
std::uint16_t free_port();

/// The program as another user where the tests run as root, which such servers refuse.
std::vector<std::string> as_other_user(std::vector<std::string> program);

/// Gives the folder to that user. No effect unless the tests run as root.
void give_to_other_user(const std::string& folder);

}  // namespace grove::test
