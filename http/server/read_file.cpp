#include "read_file.h"

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace grove::http {
namespace {

struct CloseFile {
    void operator()(std::FILE* stream) const noexcept { std::fclose(stream); }
};

[[noreturn]] void refuse(int error) {
    throw std::system_error{error, std::generic_category(), "cannot be read"};
}

}  // namespace

std::string read_file(const std::filesystem::path& file, std::size_t most) {
    constexpr std::size_t kStep = 65536;
    const std::unique_ptr<std::FILE, CloseFile> stream{std::fopen(file.c_str(), "rbe")};
    if (!stream) refuse(errno);
    std::string bytes;
    for (std::size_t got = kStep; got == kStep;) {
        const std::size_t before = bytes.size();
        bytes.resize(before + kStep);
        got = std::fread(bytes.data() + before, 1, kStep, stream.get());
        if (std::ferror(stream.get()) != 0) refuse(errno);
        bytes.resize(before + got);
        if (bytes.size() > most) refuse(EFBIG);
    }
    return bytes;
}

}  // namespace grove::http
