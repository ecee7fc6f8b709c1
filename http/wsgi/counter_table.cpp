#include "counter_table.h"

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace grove::http {
namespace {

constexpr std::size_t kMostBytes = 1000;

void append(std::string& text, std::string_view part) { text.append(part).append(1, '\0'); }

std::string text_of(const CounterName& name) {
    std::string text;
    append(text, name.name);
    append(text, name.help);
    for (const auto& [label, value] : name.labels) {
        append(text, label);
        append(text, value);
    }
    return text;
}

std::string next_part(std::string_view& text) {
    const std::size_t end = std::min(text.find('\0'), text.size());
    std::string part{text.substr(0, end)};
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
}

}  // namespace

// A process that is killed while it has the lock leaves it to the next: what it was writing is not counted yet.
class CounterTable::Lock {
public:
    explicit Lock(pthread_mutex_t& mutex) : mutex_{mutex} {
        const int error = ::pthread_mutex_lock(&mutex_);
        if (error == EOWNERDEAD) {
            ::pthread_mutex_consistent(&mutex_);
        } else if (error != 0) {
            throw std::system_error{error, std::generic_category(), "the lock of the counters"};
        }
    }
    ~Lock() { ::pthread_mutex_unlock(&mutex_); }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

private:
    pthread_mutex_t& mutex_;
};

CounterTable::CounterTable() {
    pthread_mutexattr_t attributes;
    ::pthread_mutexattr_init(&attributes);
    ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    ::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    ::pthread_mutex_init(&mutex_, &attributes);
    ::pthread_mutexattr_destroy(&attributes);
}

CounterName CounterTable::at(std::size_t place) const {
    const Entry& entry = entries_[place];
    std::string_view text{entry.text.data(), std::min<std::size_t>(entry.bytes, entry.text.size())};
    CounterName name{.is_gauge = is_gauge(place)};
    name.name = next_part(text);
    name.help = next_part(text);
    while (!text.empty()) {
        std::string label = next_part(text);
        name.labels.emplace_back(std::move(label), next_part(text));
    }
    return name;
}

std::size_t CounterTable::find_or_add(CounterName wanted) {
    check_counter_name(wanted);
    const std::string text = text_of(wanted);
    if (text.size() > kMostBytes) {
        throw std::length_error{"counter or gauge \"" + wanted.name.substr(0, 100) +
                                "\": name, help and labels have more than 1000 bytes"};
    }
    const Lock lock{mutex_};
    const std::size_t used = size();
    for (std::size_t place = 0; place < used; ++place) {
        const CounterName known = at(place);
        if (known.name != wanted.name) continue;
        if (known.is_gauge != wanted.is_gauge) {
            throw std::invalid_argument{"\"" + wanted.name + "\" is a " +
                                        (known.is_gauge ? "gauge" : "counter") + " already"};
        }
        if (known.labels == wanted.labels) return place;
    }
    if (used == kMost) {
        throw std::length_error{
            "counter or gauge \"" + wanted.name +
            "\": the server has had 256 others since its start, the most that fit"};
    }
    Entry& entry = entries_[used];
    entry.is_gauge = wanted.is_gauge;
    entry.bytes = static_cast<std::uint16_t>(text.copy(entry.text.data(), entry.text.size()));
    used_.store(used + 1, std::memory_order_release);
    return used;
}

}  // namespace grove::http
