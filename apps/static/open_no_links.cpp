#include "open_no_links.h"

#include <cerrno>
#include <string>
#include <utility>

#include <fcntl.h>

grove::FileDescriptor open_no_links(int folder, std::string_view path, int flags) {
    grove::FileDescriptor at;  // the folder reached so far; none: `folder`
    for (;;) {
        const std::size_t slash = path.find('/');
        const bool must_be_folder = slash != std::string_view::npos;
        const std::string component{path.substr(0, slash)};
        const std::string_view rest = must_be_folder ? path.substr(slash + 1) : std::string_view{};
        if (component.empty() || component == "..") {
            errno = ENOENT;
            return {};
        }
        int how = flags | (must_be_folder ? O_DIRECTORY : 0);
        if (!rest.empty()) how = O_PATH | O_DIRECTORY | O_CLOEXEC;
        const int from = at ? at.get() : folder;
        grove::FileDescriptor next{openat(from, component.c_str(), how | O_NOFOLLOW)};
        if (rest.empty() || !next) return next;
        at = std::move(next);
        path = rest;
    }
}
