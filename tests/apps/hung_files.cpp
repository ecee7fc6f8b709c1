#include "hung_files.h"

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <grove/core/file_descriptor.h>

namespace grove {
namespace {

namespace fs = std::filesystem;

// Polls, as nobody tells.
void wait_until(const std::string& what, const std::function<bool()>& is_so) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (!is_so()) {
        if (std::chrono::steady_clock::now() > end)
            throw std::runtime_error{"waited too long for " + what};
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
}

std::size_t entries(const fs::path& folder) {
    const auto count = std::distance(fs::directory_iterator{folder}, fs::directory_iterator{});
    return static_cast<std::size_t>(count);
}

}  // namespace

HungFiles::HungFiles() : authority_{folder_.path()} {
    const TlsCertificate made = authority_.issue("localhost", {"DNS:localhost"});
    fs::rename(authority_.ocsp(made), file("ocsp.der"));
    authority_.crl({});
    fs::rename(made.chain_file, file("cert.pem"));
    fs::rename(made.key_file, file("key.pem"));
}

std::string HungFiles::write(const std::string& members) const {
    const std::string text =
        R"({"listen": ["127.0.0.1:0", {"address": "127.0.0.1:0", "tls": {)"
        R"("certificate": "cert.pem", "key": "key.pem", "ocsp": "ocsp.der", "client_ca": "ca.pem", )"
        R"("client": "optional", "client_crl": "ca.crl"}}], "plugin_path": [")" +
        std::string{GROVE_TEST_APPS} + R"(", ")" + GROVE_TEST_PLUGINS +
        R"("], "log": {"access": "off"}, )" + members + "}";
    fs::remove(file("grove.json"));
    std::ofstream{file("grove.json")} << text;
    return file("grove.json");
}

void HungFiles::hang(const char* name) const {
    fs::remove(file(name));
    if (::mkfifo(file(name).c_str(), 0600) != 0)
        throw std::system_error{errno, std::generic_category(), "mkfifo"};
}

void HungFiles::put(const char* name, const std::string& text) const {
    std::ofstream{file("new")} << text;
    fs::rename(file("new"), file(name));
}

void HungFiles::release(const char* name, const std::string& text) const {
    const FileDescriptor writer{::open(file(name).c_str(), O_WRONLY | O_CLOEXEC)};
    put(name, text);
    if (::write(writer.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        throw std::system_error{errno, std::generic_category(), "write"};
}

std::unique_ptr<Serving> HungFiles::start() const {
    return std::make_unique<Serving>(serve_command({file("grove.json")}), file("output"));
}

std::unique_ptr<Serving> HungFiles::start_with_time(const std::string& load) const {
    write();
    auto server = start();
    write(R"("timeouts": {"load": )" + load + "}, " + kTwoHellos);
    reload(*server);
    children_once(server->program.pid(), 2);
    return server;
}

std::vector<pid_t> children_once(pid_t pid, std::size_t count) {
    std::vector<pid_t> children;
    const auto are_there = [&] {
        children = children_of(pid);
        return children.size() == count;
    };
    wait_until(std::to_string(count) + " children", are_there);
    return children;
}

std::size_t descriptors_of(pid_t pid) { return entries("/proc/" + std::to_string(pid) + "/fd"); }
std::size_t threads_of(pid_t pid) { return entries("/proc/" + std::to_string(pid) + "/task"); }

void await_end(const std::vector<pid_t>& pids) {
    for (const pid_t pid : pids)
        wait_until("the end of " + std::to_string(pid), [pid] { return !alive(pid); });
}

std::vector<std::string> lines_until(Serving& server, const std::string& text) {
    std::vector<std::string> lines{server.program.read_error_line()};
    while (lines.back().find(text) == std::string::npos)
        lines.push_back(server.program.read_error_line());
    return lines;
}

}  // namespace grove
