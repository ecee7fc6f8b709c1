// owner - tells as whom its first code has run, when it was loaded: "user group groups...", and what its process is
// now: "dumpable 0". Configured with {"tell": …} its factory fails and says the first.
#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <sys/prctl.h>
#include <unistd.h>

#include <grove/plugin.h>

using namespace grove::http;

namespace {

std::string who_am_i() {
    std::string text = std::to_string(::geteuid()) + ' ' + std::to_string(::getegid());
    std::vector<gid_t> groups(64);
    groups.resize(static_cast<std::size_t>(
        std::max(0, ::getgroups(static_cast<int>(groups.size()), groups.data()))));
    for (const gid_t group : groups) text += ' ' + std::to_string(group);
    return text;
}

const std::string at_first = who_am_i();  // before grove knows that this is a plugin

Application make(std::string_view config) {
    if (config.find("tell") != config.npos) throw std::invalid_argument{"loaded as " + at_first};
    return [](Environ&, StartResponse& start_response) {
        start_response("200 OK", {});
        return Body{at_first + ", dumpable " + std::to_string(::prctl(PR_GET_DUMPABLE))};
    };
}

}  // namespace

GROVE_PLUGIN(owner, "1.0", make);
