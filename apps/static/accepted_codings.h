// accepted_codings.h - which content codings a client likes (RFC 9110 section 12.5.3).
#pragma once

#include <string_view>

/// The weight, from 0 (refused, or not named) to 1000, that an Accept-Encoding field gives to `coding`.
/// @param field  its value; "" if it is absent
int coding_weight(std::string_view field, std::string_view coding);
