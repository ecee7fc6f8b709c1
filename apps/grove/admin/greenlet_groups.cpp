#include "greenlet_groups.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <tuple>
#include <utility>

#include <grove/core/greenlet.h>

using namespace grove;

namespace {

constexpr std::size_t kInATurn = 100;
constexpr std::size_t kToldIds = 100;

// The names that nobody gave are the ids.
std::string given_name(const GreenletInfo& greenlet) {
    return greenlet.name == "Greenlet-" + std::to_string(greenlet.id) ? "" : greenlet.name;
}

class Groups {
public:
    void add(GreenletInfo&& greenlet) {
        Place place{given_name(greenlet), greenlet.state, greenlet.waits_for, greenlet.stack};
        const auto [found, is_new] = places_.try_emplace(std::move(place), groups_.size());
        if (is_new) groups_.push_back({.first = greenlet, .ids = {}, .youngest = greenlet.age});
        GreenletGroup& group = groups_[found->second];
        group.ids.push_back(greenlet.id);
        group.youngest = std::min(group.youngest, greenlet.age);
    }
    std::vector<GreenletGroup> take() { return std::move(groups_); }

private:
    using Place = std::tuple<std::string, std::string, std::string, std::vector<std::string>>;

    std::map<Place, std::size_t> places_;
    std::vector<GreenletGroup> groups_;
};

std::string milliseconds(Duration age) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(age).count());
}

std::string some_of(const std::vector<std::uint64_t>& ids) {
    std::string text;
    for (std::size_t i = 0; i < std::min(ids.size(), kToldIds); ++i)
        text += (i == 0 ? " " : ", ") + std::to_string(ids[i]);
    return ids.size() > kToldIds ? text + " \u2026" : text;
}

}  // namespace

std::vector<GreenletGroup> greenlet_groups() {
    StackReader reader;
    Groups groups;
    groups.add(reader.info_of_main());
    std::size_t looked_at = 0;
    for (const AnyGreenlet& greenlet : living_greenlets()) {
        if (++looked_at % kInATurn == 0) sleep();
        if (auto info = reader.info_of(greenlet)) groups.add(std::move(*info));
    }
    return groups.take();
}

std::string begin_of(const GreenletGroup& group) {
    const GreenletInfo& first = group.first;
    if (group.ids.size() == 1) {
        return "greenlet " + std::to_string(first.id) + " \"" + first.name + "\" " +
               state_text(first) + ", " + age_text(first.age);
    }
    const std::string name = given_name(first);
    return std::to_string(group.ids.size()) + " greenlets " +
           (name.empty() ? "" : "\"" + name + "\" ") + state_text(first) + ", " +
           milliseconds(group.youngest) + " to " + age_text(first.age) + ", ids" +
           some_of(group.ids);
}

std::string state_text(const GreenletInfo& greenlet) {
    if (greenlet.waits_for.empty()) return greenlet.state;
    return greenlet.state + " in " + greenlet.waits_for;
}

std::string age_text(Duration age) { return milliseconds(age) + " ms old"; }
