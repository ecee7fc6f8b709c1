// sources.h - a configuration's parts outside of the process: files, plugins, addresses of names.
//
// Reading may wait for ever: for the writer of a FIFO, for a file server or a resolver that does
// not answer. So a child of the master reads. The child keeps what it has read; the master and its
// workers get the kept contents, and read nothing a second time.
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

/// Thread: any, one at a time. Blocks as long as a source does; Sources that have only kept
/// contents never block.
class GROVE_EXPORT Sources {
public:
    /// A source's content: bytes, and perhaps an open file.
    struct Content {
        std::string bytes{};    ///< As they were read.
        FileDescriptor file{};  ///< Only for a plugin that was copied.
    };

    /// Reads each source anew whenever it is asked for.
    Sources();
    /// Reads each source once, when it is asked for, and keeps it.
    /// @param about_to  told of each read before the read begins: "reading cert.pem"
    /// @throws std::system_error if there is no memory
    explicit Sources(std::function<void(const std::string& what)> about_to);
    /// Has the contents that other Sources have kept, and reads nothing.
    /// @param kept  descriptors() of the others, as their process has sent them
    /// @throws std::runtime_error  the descriptors are something else
    explicit Sources(std::vector<FileDescriptor> kept);
    ~Sources();
    Sources(const Sources&) = delete;
    Sources& operator=(const Sources&) = delete;

    /// All bytes of a file, at most 16 MiB.
    /// @throws std::system_error  the file cannot be read, or has more bytes (errc::file_too_large)
    std::string text(const std::filesystem::path& file);
    /// The content kept under the name `what`; if there is none, the result of `read`.
    /// @param what  as a message has it: "reading cert.pem"
    /// @throws std::logic_error  the content was not kept, and these Sources read nothing; and
    ///         whatever `read` throws
    Content get(const std::string& what, const std::function<Content()>& read);

    /// Everything that was kept, for the last constructor, in another process. The descriptors are
    /// lent. Afterwards nothing more can be kept.
    std::vector<int> descriptors();
    /// Forgets every content, closes every descriptor, and reads nothing any more: private content
    /// is out of this process's reach.
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
