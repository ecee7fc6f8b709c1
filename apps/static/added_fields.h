// added_fields.h - the fields that the configuration adds to answers with a file or a listing.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <grove/http/headers.h>

class AddedFields {
public:
    /// @param suffix  of a file's name, as ".js"; "*": for all that have none of the others
    /// @throws std::invalid_argument  it is neither, or the value cannot be one
    void add_cache_control(std::string suffix, std::string value);
    /// @throws std::invalid_argument  such a field cannot be added, as the server or static sets it
    void add_header(std::string name, std::string value);

    /// Appends those of a file; of several suffixes that fit, the longest counts.
    /// @param name  of the file, with or without folders; "": a listing
    void append_to(grove::http::Headers& headers, std::string_view name) const;

private:
    std::vector<std::pair<std::string, std::string>> cache_control_;  // the longest suffix first
    std::string any_cache_control_;
    grove::http::Headers headers_;
};
