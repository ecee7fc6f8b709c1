// hung_files.h - servers whose configuration cannot be read to its end, for tests of what goes on meanwhile.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "supervised.h"
#include "test_certificates.h"

namespace grove {

/// A folder with a configuration and a certificate, of which each part can be made to hang.
class HungFiles : public Supervised {
protected:
    HungFiles();

    /// Writes one that listens in the clear and, on a second port, with TLS. @return its path
    std::string write(const std::string& members = kTwoHellos) const;
    /// Whoever opens it waits: for a writer, who never comes.
    void hang(const char* name) const;
    /// Whoever opens it from now on gets this text.
    void put(const char* name, const std::string& text) const;
    /// Whoever waits there too.
    void release(const char* name, const std::string& text) const;
    std::unique_ptr<Serving> start() const;
    /// Its next reload may take that long; what it has done until now had its minute.
    /// @param load  as JSON
    std::unique_ptr<Serving> start_with_time(const std::string& load) const;

    test::Authority authority_;
};

/// Blocks until the process has as many children. @return them
std::vector<pid_t> children_once(pid_t pid, std::size_t count);
/// @return how many descriptors, and how many threads the process has
std::size_t descriptors_of(pid_t pid);
std::size_t threads_of(pid_t pid);
/// Blocks until none of them is alive.
void await_end(const std::vector<pid_t>& pids);
/// What the log has to say until a line holds `text`, that one included.
std::vector<std::string> lines_until(Serving& server, const std::string& text);

}  // namespace grove
