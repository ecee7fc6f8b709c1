#include "identity.h"

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

using namespace grove::http;

namespace {

constexpr std::size_t kMostBytes = std::size_t{1}
                                   << 20U;  // of an entry, with all members of a group
constexpr int kMostGroups = 65536;          // the kernel's

[[noreturn]] void fail(const std::string& what, int error = errno) {
    throw std::system_error{error, std::generic_category(), what};
}

std::optional<unsigned> number_in(const std::string& text) {
    unsigned number = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, failure] = std::from_chars(text.data(), end, number);
    if (failure != std::errc{} || rest != end || number == static_cast<unsigned>(-1)) return {};
    return number;
}

// @param ask  getpwnam_r() or one like it, of whatever is asked for
// @return whether there is such an entry
template <class Entry, class Ask>
bool look_up(Entry& entry, std::vector<char>& room, const char* what, Ask ask) {
    for (room.resize(4096);; room.resize(room.size() * 2)) {
        Entry* found = nullptr;
        const int error = ask(&entry, room.data(), room.size(), &found);
        if (error == ERANGE && room.size() < kMostBytes) continue;
        // What systems say of a name that is not there.
        if (found == nullptr && (error == 0 || error == ENOENT || error == ESRCH)) return false;
        if (error == EINTR) continue;
        if (error != 0) fail(what, error);
        return true;
    }
}

std::vector<gid_t> groups_of(const char* name, gid_t own) {
    for (int count = 64;; count *= 2) {
        std::vector<gid_t> groups(static_cast<std::size_t>(count));
        int got = count;
        if (::getgrouplist(name, own, groups.data(), &got) >= 0) {
            groups.resize(static_cast<std::size_t>(got));
            return groups;
        }
        if (count >= kMostGroups) fail("getgrouplist", E2BIG);
    }
}

gid_t group_named(const std::string& name) {
    group entry{};
    std::vector<char> room;
    const bool known = look_up(entry, room, "looking for the group",
                               [&](auto... rest) { return ::getgrnam_r(name.c_str(), rest...); });
    if (known) return entry.gr_gid;
    if (const auto number = number_in(name)) return *number;
    throw std::invalid_argument{
        "/group: \"" + name + "\" is not a group of this system, must be a group's name or number"};
}

Identity identity_named(const std::string& user, const std::string& group) {
    passwd entry{};
    std::vector<char> room;
    const auto number = number_in(user);
    bool known = look_up(entry, room, "looking for the user",
                         [&](auto... rest) { return ::getpwnam_r(user.c_str(), rest...); });
    if (!known && number) {
        known = look_up(entry, room, "looking for the user",
                        [&](auto... rest) { return ::getpwuid_r(*number, rest...); });
    }
    if (!known && !number) {
        throw std::invalid_argument{
            "/user: \"" + user +
            "\" is not a user of this system, must be a user's name or number"};
    }
    if (!known && group.empty()) {
        throw std::invalid_argument{"/user: " + user +
                                    " has no entry that names its group: \"group\" must name it"};
    }
    Identity identity{.user = known ? entry.pw_uid : *number};
    if (identity.user == 0) {
        throw std::invalid_argument{"/user: \"" + user +
                                    "\" is root, must be another user, or null to stay root"};
    }
    identity.group = group.empty() ? entry.pw_gid : group_named(group);
    identity.groups =
        known ? groups_of(entry.pw_name, identity.group) : std::vector<gid_t>{identity.group};
    return identity;
}

std::string text_of(const Identity& identity) {
    std::ostringstream text;
    text << identity.user << ' ' << identity.group;
    for (const gid_t group : identity.groups) text << ' ' << group;
    return text.str();
}

Identity identity_in(const std::string& text) {
    Identity identity;
    std::istringstream numbers{text};
    numbers >> identity.user >> identity.group;
    for (gid_t group = 0; numbers >> group;) identity.groups.push_back(group);
    return identity;
}

}  // namespace

std::optional<Identity> find_identity(const Config& config, Sources& sources,
                                      std::vector<std::string>& faults) {
    if (config.user.empty()) {
        if (!config.group.empty())
            faults.push_back(config.place + ": /group: needs a user beside it");
        return std::nullopt;
    }
    const auto look = [&] {
        return Sources::Content{.bytes = text_of(identity_named(config.user, config.group))};
    };
    const std::string of_group = config.group.empty() ? "" : " with the group " + config.group;
    try {
        return identity_in(
            sources.get("looking for the user " + config.user + of_group, look).bytes);
    } catch (const std::invalid_argument& error) {
        faults.push_back(config.place + ": " + error.what());
    } catch (const std::system_error& error) {
        faults.push_back(config.place + ": /user: " + error.what());
    }
    return std::nullopt;
}

std::optional<Identity> identity_to_become(const Config& config, Sources& sources,
                                           std::vector<std::string>& faults) {
    std::optional<Identity> identity = find_identity(config, sources, faults);
    const uid_t now = ::geteuid();
    if (!identity || now == 0) return identity;
    if (now != identity->user || ::getegid() != identity->group) {
        faults.push_back(config.place + ": /user: \"" + config.user +
                         "\" needs grove to be started as root, not as user " +
                         std::to_string(now));
    }
    return std::nullopt;
}

void become(const Identity& identity, bool dumpable) {
    int signal = 0;
    ::prctl(PR_GET_PDEATHSIG, &signal);
    const pid_t parent = ::getppid();
    if (::setgroups(identity.groups.size(), identity.groups.data()) != 0) fail("/user: setgroups");
    if (::setresgid(identity.group, identity.group, identity.group) != 0) fail("/group: setresgid");
    if (::setresuid(identity.user, identity.user, identity.user) != 0) fail("/user: setresuid");
    if (::setuid(0) == 0) fail("/user: root could be regained", EPERM);
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("/user: no_new_privs");
    // The kernel has taken both away with the user.
    if (::prctl(PR_SET_DUMPABLE, dumpable ? 1 : 0, 0, 0, 0) != 0) fail("/dumpable");
    if (signal == 0) return;
    ::prctl(PR_SET_PDEATHSIG, signal);
    if (::getppid() != parent) std::_Exit(EXIT_FAILURE);  // it died meanwhile
}
