// listing.h - the page that shows what is in a folder.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <grove/core/file_descriptor.h>

/// What is in one folder, sorted; the names of folders end with "/".
struct Listing {
    static constexpr std::size_t kMost = 10'000;  ///< Names: a larger folder is not shown whole.
    /// Names, hidden ones included: what is behind them is not read, as nobody else is served meanwhile.
    static constexpr std::size_t kMostRead = 2 * kMost;

    std::vector<std::string> names{};
    bool whole = true;

    /// @param hidden  names that is_hidden() counts as such, too. @param in_root  the folder is the root
    /// @throws std::system_error  it cannot be read
    static Listing read(grove::FileDescriptor folder, bool hidden, bool in_root);
    /// An HTML page, UTF-8. @param path  the folder's, as its visitor has it
    [[nodiscard]] std::string page(std::string_view path, bool in_root) const;
};
