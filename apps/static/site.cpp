#include "site.h"

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstddef>
#include <cstdio>
#include <utility>

#include <unistd.h>

#include "accepted_codings.h"

namespace {

struct Coding {
    std::string_view name;
    std::string_view suffix;
};
constexpr std::array<Coding, 2> kCodings{{{"br", ".br"}, {"gzip", ".gz"}}};  // the smaller first

// Where all files are of the epoch, or of the second after it, they come from a store that gives every file that time.
bool tells_time(const struct stat& status) { return status.st_mtim.tv_sec > 1; }

// The time counts nanoseconds, so that two writes within a second differ. Where it is the same for all files, that of
// the last change and the file's number stand in.
std::string etag_of(const struct stat& status, std::string_view encoding) {
    const timespec& time = tells_time(status) ? status.st_mtim : status.st_ctim;
    std::array<char, 120> text{};
    std::snprintf(text.data(), text.size(), "\"%" PRIx64 ".%lx-%" PRIx64,
                  static_cast<std::uint64_t>(time.tv_sec), static_cast<unsigned long>(time.tv_nsec),
                  static_cast<std::uint64_t>(status.st_size));
    std::string tag{text.data()};
    if (!tells_time(status)) {
        std::snprintf(text.data(), text.size(), "-%" PRIx64,
                      static_cast<std::uint64_t>(status.st_ino));
        tag += text.data();
    }
    if (!encoding.empty()) tag.append(1, '-').append(encoding);
    return tag += '"';
}

// Null: the file is another than a moment ago.
std::shared_ptr<const std::string> bytes_of(int file, std::size_t size) {
    auto bytes = std::make_shared<std::string>(size, '\0');
    std::size_t have = 0;
    while (have < size) {
        const ssize_t got =
            ::pread(file, bytes->data() + have, size - have, static_cast<off_t>(have));
        if (got <= 0) return nullptr;
        have += static_cast<std::size_t>(got);
    }
    return bytes;
}

// "*" is not about the file itself: any coding is as good.
std::size_t choose(const Variants& variants, std::string_view accept_encoding) {
    if (accept_encoding.empty() || variants.size() == 1) return 0;
    std::size_t best = 0;
    int best_weight = named_weight(accept_encoding, "identity").value_or(0);
    for (std::size_t at = 1; at < variants.size(); ++at) {
        const int weight = coding_weight(accept_encoding, variants[at]->encoding);
        if (weight > best_weight || (weight != 0 && weight == best_weight && best == 0)) {
            best_weight = weight;
            best = at;
        }
    }
    return best;
}

}  // namespace

Site::Site(ServedRoot root, ContentTypes types, KeptFiles::Clock::duration lifetime)
    : root_{std::move(root)}, types_{std::move(types)}, kept_{lifetime} {}

Site::Found Site::find(const std::string& path, std::string_view accept_encoding, Wanted wanted,
                       KeptFiles::Clock::time_point now) {
    look_for_root(now);
    if (wanted == Wanted::kDescriptor) {
        kept_.forget(path);
    } else if (const Variants* const kept = kept_.find(path, now)) {
        return {.kind = Found::Kind::kFile, .file = (*kept)[choose(*kept, accept_encoding)]};
    }
    const bool with_slash = path == "." || path.ends_with('/');
    std::string name = path;
    std::optional<ServedRoot::Opened> opened = root_.open(path);
    if (!opened) return {};
    if (S_ISDIR(opened->status.st_mode)) {
        name = path == "." ? "index.html" : path + (with_slash ? "" : "/") + "index.html";
        std::optional<ServedRoot::Opened> folder = std::exchange(opened, open_file(name));
        if (!opened) {
            return {.kind = Found::Kind::kFolderWithoutIndex,
                    .descriptor = std::move(folder->descriptor)};
        }
        if (!with_slash) return {.kind = Found::Kind::kFolderWithoutSlash};
    }
    Descriptors files;
    const Variants variants = variants_of(name, std::move(*opened), files);
    if (wanted == Wanted::kBytes && kept_.lifetime() > KeptFiles::Clock::duration::zero()) {
        read(variants, files);
        for (std::size_t at = 0; at < variants.size(); ++at) {
            if (variants[at]->bytes) tag(*variants[at], files[at].get());
        }
        kept_.keep(path, variants, now);
    }
    const std::size_t best = choose(variants, accept_encoding);
    if (!variants[best]->bytes) tag(*variants[best], files[best].get());
    return {
        .kind = Found::Kind::kFile, .file = variants[best], .descriptor = std::move(files[best])};
}

// Another folder may have its name by now. Looked for also before a kept file is given: it may be of the one before.
void Site::look_for_root(KeptFiles::Clock::time_point now) {
    if (now - looked_for_root_ < kept_.lifetime()) return;
    if (root_.look_again()) kept_.forget_all();
    looked_for_root_ = now;
}

std::optional<ServedRoot::Opened> Site::open_file(const std::string& path) const {
    std::optional<ServedRoot::Opened> opened = root_.open(path);
    if (opened && !S_ISREG(opened->status.st_mode)) opened.reset();
    return opened;
}

std::shared_ptr<Representation> Site::represent(const ServedRoot::Opened& opened,
                                                const std::string& name,
                                                std::string_view encoding) const {
    auto file = std::make_shared<Representation>();
    file->size = static_cast<std::uint64_t>(opened.status.st_size);
    // It must not be later than the answer's Date (RFC 9110 section 8.8.2.1).
    if (tells_time(opened.status))
        file->modified = std::min(opened.status.st_mtim.tv_sec, std::time(nullptr));
    file->etag = etag_of(opened.status, encoding);
    file->name = name;
    file->type = types_.of(name);
    file->encoding = encoding;
    return file;
}

// Siblings are looked for also if the client takes none: a cache must know that there are others.
Variants Site::variants_of(const std::string& name, ServedRoot::Opened plain, Descriptors& files) {
    Variants variants{represent(plain, name, "")};
    files.push_back(std::move(plain.descriptor));
    for (const Coding& coding : kCodings) {
        std::optional<ServedRoot::Opened> sibling = open_file(name + std::string{coding.suffix});
        if (!sibling) continue;
        variants.push_back(represent(*sibling, name, coding.name));
        files.push_back(std::move(sibling->descriptor));
    }
    for (const auto& variant : variants) variant->varies = variants.size() > 1;
    return variants;
}

void Site::read(const Variants& variants, const Descriptors& files) const {
    const bool small = std::all_of(variants.begin(), variants.end(), [](const auto& variant) {
        return variant->size <= KeptFiles::kMostBytes;
    });
    for (std::size_t at = 0; small && at < variants.size(); ++at)
        variants[at]->bytes = bytes_of(files[at].get(), variants[at]->size);
}

// Of bytes at once; of a descriptor it may switch. What cannot be read keeps the tag it has.
void Site::tag(Representation& file, int descriptor) {
    if (!tags_) return;
    std::optional<std::string> digits;
    struct stat status {};
    if (file.bytes) {
        digits = ContentTags::digest_of(*file.bytes);
    } else if (fstat(descriptor, &status) == 0 &&
               static_cast<std::uint64_t>(status.st_size) == file.size) {
        digits = tags_->of(descriptor, status);
    }
    if (!digits) return;
    file.etag = '"' + *digits;
    if (!file.encoding.empty()) file.etag.append(1, '-').append(file.encoding);
    file.etag += '"';
}
