#include "install_layout.h"

namespace fs = std::filesystem;

fs::path binary_directory() { return fs::read_symlink("/proc/self/exe").parent_path(); }

fs::path shipped_plugins() { return binary_directory().parent_path() / "lib/grove/apps"; }
