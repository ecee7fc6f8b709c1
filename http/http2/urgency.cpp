#include "urgency.h"

#include "list.h"

namespace grove::http {

std::uint8_t urgency_of(std::string_view field) noexcept {
    std::uint8_t urgency = kUsualUrgency;
    for_each_element(field, [&urgency](std::string_view member) {
        const std::string_view said = member.substr(0, member.find(';'));
        if (said.size() == 3 && said.starts_with("u=") && said[2] >= '0' && said[2] <= '7')
            urgency = static_cast<std::uint8_t>(said[2] - '0');
    });
    return urgency;
}

}  // namespace grove::http
