#include "site.h"

#include <array>
#include <cinttypes>
#include <cstdio>
#include <utility>

#include "accepted_codings.h"

namespace {

struct Coding {
    std::string_view name;
    std::string_view suffix;
};
constexpr std::array<Coding, 2> kCodings{{{"br", ".br"}, {"gzip", ".gz"}}};  // the smaller first

// The time counts nanoseconds, so that two writes within a second differ.
std::string etag_of(const struct stat& status, std::string_view encoding) {
    std::array<char, 80> text{};
    std::snprintf(text.data(), text.size(), "\"%" PRIx64 ".%lx-%" PRIx64,
                  static_cast<std::uint64_t>(status.st_mtim.tv_sec),
                  static_cast<unsigned long>(status.st_mtim.tv_nsec),
                  static_cast<std::uint64_t>(status.st_size));
    std::string tag{text.data()};
    if (!encoding.empty()) tag.append(1, '-').append(encoding);
    return tag += '"';
}

Representation represent(ServedRoot::Opened opened, std::string_view encoding) {
    Representation file;
    file.descriptor = std::move(opened.descriptor);
    file.size = static_cast<std::uint64_t>(opened.status.st_size);
    file.modified = opened.status.st_mtim.tv_sec;
    file.etag = etag_of(opened.status, encoding);
    file.encoding = encoding;
    return file;
}

}  // namespace

Site::Site(ServedRoot root, ContentTypes types)
    : root_{std::move(root)}, types_{std::move(types)} {}

Site::Found Site::find(const std::string& path, std::string_view accept_encoding) const {
    const bool with_slash = path == "." || path.ends_with('/');
    std::string name = path;
    std::optional<ServedRoot::Opened> opened = root_.open(path);
    if (!opened) return {};
    if (S_ISDIR(opened->status.st_mode)) {
        name = path == "." ? "index.html" : path + (with_slash ? "" : "/") + "index.html";
        std::optional<ServedRoot::Opened> folder = std::exchange(opened, open_file(name));
        if (!opened) {
            return {.kind = Found::Kind::kFolderWithoutIndex,
                    .folder = std::move(folder->descriptor)};
        }
        if (!with_slash) return {.kind = Found::Kind::kFolderWithoutSlash};
    }
    return {.kind = Found::Kind::kFile, .file = choose(name, std::move(*opened), accept_encoding)};
}

std::optional<ServedRoot::Opened> Site::open_file(const std::string& path) const {
    std::optional<ServedRoot::Opened> opened = root_.open(path);
    if (opened && !S_ISREG(opened->status.st_mode)) opened.reset();
    return opened;
}

// Siblings are looked for also if the client takes none: a cache must know that there are others.
Representation Site::choose(const std::string& path, ServedRoot::Opened plain,
                            std::string_view accept_encoding) const {
    Representation best = represent(std::move(plain), "");
    // "*" is not about it: any coding is as good
    int best_weight = named_weight(accept_encoding, "identity").value_or(0);
    bool varies = false;
    for (const Coding& coding : kCodings) {
        std::optional<ServedRoot::Opened> sibling = open_file(path + std::string{coding.suffix});
        if (!sibling) continue;
        varies = true;
        const int weight = coding_weight(accept_encoding, coding.name);
        if (weight > best_weight ||
            (weight != 0 && weight == best_weight && best.encoding.empty())) {
            best_weight = weight;
            best = represent(std::move(*sibling), coding.name);
        }
    }
    best.varies = varies;
    best.type = types_.of(path);
    best.name = path;
    return best;
}
