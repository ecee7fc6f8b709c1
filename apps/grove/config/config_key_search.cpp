#include "config_key_search.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include <grove/core/detail/assert.h>

#include "config_keys.h"

namespace grove::http {
namespace {

// Null if there is none.
template <class Condition>
const ConfigKey* first_key(Condition condition) {
    const std::span<const ConfigKey> keys = config_keys();
    const auto found = std::find_if(keys.begin(), keys.end(), condition);
    return found == keys.end() ? nullptr : &*found;
}

// Levenshtein's distance, one row of the table at a time.
std::size_t edits(std::string_view from, std::string_view to) {
    std::vector<std::size_t> row(to.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < from.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < to.size(); ++j) {
            const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

}  // namespace

const ConfigKey* find_config_key(std::string_view pointer) {
    return first_key([&](const ConfigKey& key) { return key.pointer == pointer; });
}

const ConfigKey* find_config_key(std::string_view section, std::string_view name) {
    return first_key([&](const ConfigKey& key) {
        return !key.pointer.empty() && config_key_section(key.pointer) == section &&
               config_key_name(key.pointer) == name;
    });
}

std::string_view config_key_name(std::string_view pointer) {
    return pointer.substr(pointer.rfind('/') + 1);
}

std::string_view config_key_section(std::string_view pointer) {
    return pointer.substr(0, pointer.rfind('/'));
}

std::string_view nearest_config_key(std::string_view section, std::string_view name) {
    std::string_view nearest;
    std::size_t fewest = std::numeric_limits<std::size_t>::max();
    for (const ConfigKey& key : config_keys()) {
        if (key.pointer.empty() || config_key_section(key.pointer) != section) continue;
        const std::string_view candidate = config_key_name(key.pointer);
        if (const std::size_t distance = edits(name, candidate); distance < fewest) {
            fewest = distance;
            nearest = candidate;
        }
    }
    GROVE_ASSERT(!nearest.empty(), "nearest_config_key: the section has no keys");
    return nearest;
}

}  // namespace grove::http
