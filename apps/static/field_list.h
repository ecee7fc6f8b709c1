// field_list.h - the elements of a comma-separated field value (RFC 9110 section 5.6.1).
#pragma once

#include <string_view>

/// Without blanks around it.
std::string_view trimmed(std::string_view text);

/// Takes the first element off `list`, trimmed; it may be empty.
std::string_view take_element(std::string_view& list);
