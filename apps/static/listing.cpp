#include "listing.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

#include <dirent.h>

#include "request_path.h"

namespace {

using Folder = std::unique_ptr<DIR, int (*)(DIR*)>;

Folder open(grove::FileDescriptor descriptor) {
    Folder folder{::fdopendir(descriptor.get()), &::closedir};
    if (folder == nullptr) throw std::system_error{errno, std::generic_category(), "fdopendir"};
    static_cast<void>(descriptor.release());
    return folder;
}

std::string escaped_html(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        switch (c) {
            case '&':
                escaped += "&amp;";
                break;
            case '<':
                escaped += "&lt;";
                break;
            case '>':
                escaped += "&gt;";
                break;
            case '"':
                escaped += "&quot;";
                break;
            case '\'':
                escaped += "&#39;";
                break;
            default:
                escaped += c;
        }
    }
    return escaped;
}

// After "./" no name looks like a scheme, or like a path from the server's root.
std::string item(std::string_view href, std::string_view name) {
    return "<li><a href=\"./" + escaped_html(percent_encoded(href)) + "\">" + escaped_html(name) +
           "</a>\n";
}

}  // namespace

Listing Listing::read(grove::FileDescriptor folder, bool hidden, bool in_root) {
    const Folder entries = open(std::move(folder));
    Listing listing;
    for (std::size_t read = 0;;) {
        errno = 0;
        const dirent* const entry = ::readdir(entries.get());
        if (entry == nullptr && errno != 0)
            throw std::system_error{errno, std::generic_category(), "readdir"};
        if (entry == nullptr) break;
        std::string name{entry->d_name};
        if (name == "." || name == "..") continue;
        if (++read > kMostRead) {
            listing.whole = false;
            break;
        }
        // Below another folder .well-known is as any name with a dot.
        if (!hidden && is_hidden(in_root ? name : "x/" + name)) continue;
        if (listing.names.size() == kMost) {
            listing.whole = false;
            break;
        }
        if (entry->d_type == DT_DIR) name += '/';
        listing.names.push_back(std::move(name));
    }
    std::sort(listing.names.begin(), listing.names.end());
    return listing;
}

std::string Listing::page(std::string_view path, bool in_root) const {
    const std::string title = escaped_html(path);
    std::string text =
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width\">\n<title>" +
        title + "</title></head>\n<body><h1>" + title + "</h1>\n<ul>\n";
    if (!in_root) text += item("../", "../");
    for (const std::string& name : names) text += item(name, name);
    text += "</ul>\n";
    if (!whole) text += "<p>There are more.</p>\n";
    return text + "</body></html>\n";
}
