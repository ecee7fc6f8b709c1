// The configuration reader: values within their bounds, or lines that say why not.
#include <cerrno>
#include <string>
#include <system_error>

#include <sys/mman.h>
#include <unistd.h>

#include "config.h"
#include "config_error.h"
#include "fuzz.h"
#include "read_config.h"

namespace {

using namespace grove::fuzz;
using namespace grove::http;

/// A file in memory, whose name does not change.
class MemoryFile {
public:
    MemoryFile() : fd_{::memfd_create("config", MFD_CLOEXEC)} {
        if (fd_ < 0) throw std::system_error{errno, std::generic_category(), "memfd_create"};
    }
    ~MemoryFile() { ::close(fd_); }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;

    void set(std::string_view text) const {
        require(::ftruncate(fd_, 0) == 0, "ftruncate");
        require(::pwrite(fd_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()),
                "pwrite");
    }
    [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

private:
    int fd_;
};

}  // namespace

GROVE_FUZZ_TARGET(config) {
    static const MemoryFile file;
    file.set(FuzzBytes{data, size}.rest());
    try {
        const Config config = read_config(file.path());
        require(!config.listen.empty() && !config.apps.empty(), "it listens, and serves something");
        for (const AppConfig& app : config.apps)
            require(!app.app.empty() && app.mount.starts_with('/'), "an application has a mount");
    } catch (const ConfigError& error) {
        require(!error.lines().empty(), "a fault is named");
        for (const std::string& line : error.lines()) {
            require(!line.empty(), "a line is not empty");
            for (const char byte : line)
                require(static_cast<unsigned char>(byte) >= 0x20 && byte != 0x7f, "and one line");
        }
    }
    return 0;
}
