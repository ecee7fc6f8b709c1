#include <grove/http/sources.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "read_file.h"

namespace grove::http {
namespace {

constexpr std::size_t kMostTextBytes = std::size_t{16} << 20U;
constexpr std::uint64_t kMostKeptBytes = std::uint64_t{256} << 20U;
constexpr std::size_t kMostNameBytes = 65536;

// Before each record's name and bytes.
struct RecordHead {
    std::uint64_t bytes;
    std::uint32_t name_bytes;
    std::uint32_t file;  // its place among the descriptors; 0: none
};

[[noreturn]] void fail(const char* what) {
    throw std::system_error{errno, std::generic_category(), what};
}

// Nobody runs it: a system that forbids code in memory need not forbid it.
FileDescriptor new_memory() {
#if !defined(MFD_NOEXEC_SEAL)
    constexpr unsigned MFD_NOEXEC_SEAL = 0x8U;  // Linux 6.3; older kernels answer EINVAL
#endif
    constexpr const char* kName = "grove-sources";
    constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    FileDescriptor memory{::memfd_create(kName, kFlags | MFD_NOEXEC_SEAL)};
    if (!memory && errno == EINVAL) memory.reset(::memfd_create(kName, kFlags));
    if (!memory) fail("memfd_create");
    return memory;
}

void write_at(int fd, std::uint64_t offset, const char* bytes, std::size_t size) {
    while (size > 0) {
        const ssize_t written = ::pwrite(fd, bytes, size, static_cast<off_t>(offset));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail("the configuration's files cannot be kept");
        bytes += written;
        size -= static_cast<std::size_t>(written);
        offset += static_cast<std::uint64_t>(written);
    }
}

bool read_at(int fd, std::uint64_t offset, char* bytes, std::size_t size) {
    while (size > 0) {
        const ssize_t got = ::pread(fd, bytes, size, static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        bytes += got;
        size -= static_cast<std::size_t>(got);
        offset += static_cast<std::uint64_t>(got);
    }
    return true;
}

FileDescriptor another(const FileDescriptor& file) {
    FileDescriptor own{::fcntl(file.get(), F_DUPFD_CLOEXEC, 0)};
    if (!own) fail("dup");
    return own;
}

}  // namespace

Sources::Sources() = default;

Sources::Sources(std::function<void(const std::string& what)> about_to)
    : about_to_{std::move(about_to)}, keeps_{true} {
    files_.push_back(new_memory());
}

Sources::Sources(std::vector<FileDescriptor> kept) : reads_{false}, files_{std::move(kept)} {
    find_places();
}

Sources::~Sources() = default;

std::string Sources::text(const std::filesystem::path& file) {
    const auto read = [&] { return Content{.bytes = read_file(file, kMostTextBytes)}; };
    return get("reading " + file.string(), read).bytes;
}

Sources::Content Sources::get(const std::string& what, const std::function<Content()>& read) {
    if (const auto place = places_.find(what); place != places_.end()) return kept(place->second);
    if (!reads_) throw std::logic_error{"the configuration was loaded without this step: " + what};
    if (about_to_) about_to_(what);
    Content content = read();
    if (keeps_) keep(what, content);
    return content;
}

std::vector<int> Sources::descriptors() {
    keeps_ = false;
    // What has it may be a worker, in which anything may run.
    if (!files_.empty())
        ::fcntl(files_[0].get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK);
    std::vector<int> all;
    for (const FileDescriptor& file : files_) all.push_back(file.get());
    return all;
}

void Sources::close() noexcept {
    reads_ = keeps_ = false;
    places_.clear();
    files_.clear();
}

void Sources::keep(const std::string& what, const Content& content) {
    const std::uint64_t size = sizeof(RecordHead) + what.size() + content.bytes.size();
    if (what.size() > kMostNameBytes || size > kMostKeptBytes - end_) {
        throw std::runtime_error{"the configuration's files have more than " +
                                 std::to_string(kMostKeptBytes >> 20U) + " MiB in all"};
    }
    RecordHead head{.bytes = content.bytes.size(),
                    .name_bytes = static_cast<std::uint32_t>(what.size()),
                    .file = 0};
    if (content.file) {
        head.file = static_cast<std::uint32_t>(files_.size());
        files_.push_back(another(content.file));
    }
    std::array<char, sizeof head> bytes{};
    std::memcpy(bytes.data(), &head, sizeof head);
    const int memory = files_[0].get();
    write_at(memory, end_, bytes.data(), bytes.size());
    write_at(memory, end_ + sizeof head, what.data(), what.size());
    const std::uint64_t offset = end_ + sizeof head + what.size();
    write_at(memory, offset, content.bytes.data(), content.bytes.size());
    places_[what] = {.offset = offset, .bytes = content.bytes.size(), .file = head.file};
    end_ += size;
}

Sources::Content Sources::kept(const Place& place) const {
    Content content;
    content.bytes.resize(place.bytes);
    if (!read_at(files_[0].get(), place.offset, content.bytes.data(), place.bytes))
        throw std::runtime_error{"the kept files of the configuration cannot be read"};
    if (place.file != 0) content.file = another(files_[place.file]);
    return content;
}

// No size in it is believed: nothing past the end is read, nothing is allocated for it.
void Sources::find_places() {
    const auto require = [](bool good) {
        if (!good) throw std::runtime_error{"the kept files of the configuration are broken"};
    };
    struct stat status {};
    require(!files_.empty() && ::fstat(files_[0].get(), &status) == 0 && S_ISREG(status.st_mode));
    const auto size = static_cast<std::uint64_t>(status.st_size);
    require(size <= kMostKeptBytes);
    while (end_ < size) {
        RecordHead head{};
        std::array<char, sizeof head> bytes{};
        require(size - end_ >= sizeof head &&
                read_at(files_[0].get(), end_, bytes.data(), bytes.size()));
        std::memcpy(&head, bytes.data(), sizeof head);
        const std::uint64_t left = size - end_ - sizeof head;
        require(head.name_bytes <= kMostNameBytes && head.name_bytes <= left &&
                head.bytes <= left - head.name_bytes && head.file < files_.size());
        std::string what(head.name_bytes, '\0');
        require(read_at(files_[0].get(), end_ + sizeof head, what.data(), what.size()));
        const std::uint64_t offset = end_ + sizeof head + what.size();
        places_[what] = {
            .offset = offset, .bytes = static_cast<std::size_t>(head.bytes), .file = head.file};
        end_ = offset + head.bytes;
    }
}

}  // namespace grove::http
