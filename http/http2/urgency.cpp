#include "urgency.h"

#include "list.h"

namespace grove::http {

Priority priority_of(std::string_view field) noexcept {
    Priority priority;
    for_each_element(field, [&priority](std::string_view member) {
        const std::string_view said = member.substr(0, member.find(';'));
        if (said.size() == 3 && said.starts_with("u=") && said[2] >= '0' && said[2] <= '7')
            priority.urgency = static_cast<std::uint8_t>(said[2] - '0');
        if (said == "i" || said == "i=?1") priority.incremental = true;
        if (said == "i=?0") priority.incremental = false;
    });
    return priority;
}

}  // namespace grove::http
