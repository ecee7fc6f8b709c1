// supervised.h - a master with its workers, for tests: the built binary, its configuration, its log.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/types.h>

#include "sanitized.h"
#include "serving.h"
#include "temporary_folder.h"

namespace grove {

inline constexpr const char* kHello = R"("apps": [{"app": "hello"}])";
inline constexpr const char* kTwoHellos = R"("workers": 2, "apps": [{"app": "hello"}])";

/// What the log says of a worker whose plugin has met a SIGSEGV.
#if defined(GROVE_TEST_SANITIZED)
inline constexpr const char* kCrashed = "ended with exit code";  // a sanitizer has the last word
#else
inline constexpr const char* kCrashed = "was ended by signal 11";
#endif

/// The frame of a plugin's factory in a stack.
#if defined(GROVE_TEST_OPTIMISED)  // make() is part of what calls it
inline constexpr const char* kFactory = "::grove_plugin_create(char const*";
#else
inline constexpr const char* kFactory = "::make(std::basic_string_view<char";
#endif

class Supervised : public testing::Test {
protected:
    std::string file(const char* name) const { return (folder_.path() / name).string(); }
    /// Writes one that listens on any port, with these members beside. @return its path
    std::string configuration(const std::string& members) const;
    std::unique_ptr<Serving> serve(const std::string& members) const;

    TemporaryFolder folder_;
    std::string log_ = "-";
    std::string more_log_;  // further members of "log", with their comma
};

/// The next line of its log that holds `text`; those before it are of no interest.
std::string line_with(Serving& server, const std::string& text);
void reload(Serving& server);

/// Where its admin listens, which it has not said yet.
std::uint16_t admin_port(Serving& server);
/// The answer of whoever has that port.
std::string ask(std::uint16_t port, const std::string& path);

/// As /proc has it, 'T': it stands; 0: there is no such process.
char state_of(pid_t pid);
/// It has not ended, waited for or not.
bool alive(pid_t pid);
/// How long it has had a processor, in sysconf(_SC_CLK_TCK) of a second, also where it has ended and is not waited for.
long cpu_ticks(pid_t pid);
/// How many sockets each of these processes has open.
std::vector<long> sockets_of(const std::vector<pid_t>& pids);
/// How much memory it has, in KiB.
long resident_kib(pid_t pid);

}  // namespace grove
