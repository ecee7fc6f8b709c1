// site.h - what is served: a root, its content types, and for a request the best of a file's representations.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <grove/core/file_descriptor.h>

#include "content_tags.h"
#include "content_types.h"
#include "kept_files.h"
#include "representation.h"
#include "served_root.h"

class Site {
public:
    struct Found {
        enum class Kind { kNothing, kFile, kFolderWithoutSlash, kFolderWithoutIndex };
        Kind kind = Kind::kNothing;
        std::shared_ptr<const Representation> file{};
        grove::FileDescriptor descriptor{};  ///< The file's, if asked for, or the folder's.
    };
    enum class Wanted { kBytes, kDescriptor };

    /// @param lifetime  for which a small file, and the root's folder, are taken to be as they were seen last; 0: none
    Site(ServedRoot root, ContentTypes types, KeptFiles::Clock::duration lifetime);

    /// From now on tags are made of the content: find() may switch to read it, and needs a hub.
    void tag_by_content() { tags_.emplace(); }

    /// @param path             of path_below_root(). A folder's is its index.html.
    /// @param accept_encoding  the field, or ""
    /// @param wanted           of the file; if it has no bytes, it has a descriptor in any case. kDescriptor: as the
    ///                         file is now, and so it is for those that ask later
    /// @throws std::system_error  the system is short of something
    [[nodiscard]] Found find(const std::string& path, std::string_view accept_encoding,
                             Wanted wanted,
                             KeptFiles::Clock::time_point now = KeptFiles::Clock::now());

private:
    using Descriptors = std::vector<grove::FileDescriptor>;

    void look_for_root(KeptFiles::Clock::time_point now);
    [[nodiscard]] std::optional<ServedRoot::Opened> open_file(const std::string& path) const;
    [[nodiscard]] std::shared_ptr<Representation> represent(const ServedRoot::Opened& opened,
                                                            const std::string& name,
                                                            std::string_view encoding) const;
    Variants variants_of(const std::string& name, ServedRoot::Opened plain, Descriptors& files);
    void read(const Variants& variants, const Descriptors& files) const;
    void tag(Representation& file, int descriptor);

    ServedRoot root_;
    ContentTypes types_;
    KeptFiles kept_;
    std::optional<ContentTags> tags_;  // nullopt: a tag is made of the file's size and time
    KeptFiles::Clock::time_point looked_for_root_{};
};
