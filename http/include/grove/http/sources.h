// sources.h - what a configuration is made of and lies outside of the process: files, plugins, addresses of names.
//
// Reading may wait for ever: for the writer of a FIFO, for a file server or a resolver that does not answer. So a
// master has a child do it. The child keeps what it has read; the master and its workers get that, and read
// nothing a second time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <grove/core/detail/export.h>
#include <grove/core/file_descriptor.h>

namespace grove::http {

/// Thread: any, one at a time. Blocks as long as what it reads does; one that has only what was kept never blocks.
class GROVE_EXPORT Sources {
public:
    /// What a source has to say: bytes, and perhaps an open file.
    struct Content {
        std::string bytes{};    ///< As they were read.
        FileDescriptor file{};  ///< None, but for a plugin that was copied.
    };

    /// Reads what it is asked for, each time anew.
    Sources();
    /// Reads what it is asked for once, and keeps it.
    /// @param about_to  told of each read before it begins: "reading cert.pem"
    explicit Sources(std::function<void(const std::string& what)> about_to);
    /// Has what another one has kept, and reads nothing.
    /// @param kept  descriptors of that one, as its process has sent them
    /// @throws std::runtime_error  they are something else
    explicit Sources(std::vector<FileDescriptor> kept);
    ~Sources();
    Sources(const Sources&) = delete;
    Sources& operator=(const Sources&) = delete;

    /// All bytes of a file, at most 16 MiB.
    /// @throws std::system_error  it cannot be read, or has more (errc::file_too_large)
    std::string text(const std::filesystem::path& file);
    /// What `read` says; if that was kept under the name `what`, then `read` is not called.
    /// @param what  as a message has it: "reading cert.pem"
    /// @throws std::logic_error  it was not kept, and this one reads nothing; and whatever `read` does
    Content get(const std::string& what, const std::function<Content()>& read);

    /// For the last constructor, in another process: all that was kept. They are lent. Nothing can be kept any more.
    /// @throws std::system_error if there is no memory
    std::vector<int> descriptors();
    /// Has and keeps nothing any more, and no descriptor: what was private is out of reach of this process.
    void close() noexcept;

private:
    struct Place {
        std::uint64_t offset = 0;
        std::size_t bytes = 0;
        std::size_t file = 0;  // 0: none
    };

    void keep(const std::string& what, const Content& content);
    [[nodiscard]] Content kept(const Place& place) const;
    void find_places();

    std::function<void(const std::string& what)> about_to_;
    bool reads_ = true;
    bool keeps_ = false;
    std::uint64_t end_ = 0;              // of what is kept
    std::vector<FileDescriptor> files_;  // the first holds all bytes, one record after another
    std::map<std::string, Place> places_;
};

}  // namespace grove::http
