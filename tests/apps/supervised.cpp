#include "supervised.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace grove {

std::string Supervised::configuration(const std::string& members) const {
    std::ofstream{file("grove.json")} << R"({"listen": ["127.0.0.1:0"], "plugin_path": [")"
                                      << GROVE_TEST_APPS "\", \"" GROVE_TEST_PLUGINS
                                      << R"("], "log": {"access": "off", "error": ")" << log_ << '"'
                                      << more_log_ << "}, " << members << "}";
    return file("grove.json");
}

std::unique_ptr<Serving> Supervised::serve(const std::string& members) const {
    return std::make_unique<Serving>(serve_command({configuration(members)}), file("output"));
}

std::string line_with(Serving& server, const std::string& text) {
    for (;;) {
        const std::string line = server.program.read_error_line();
        if (line.find(text) != line.npos) return line;
    }
}

void reload(Serving& server) {
    server.program.send_signal(SIGHUP);
    line_with(server, "reload: the new workers serve");
}

std::uint16_t admin_port(Serving& server) {
    const std::string line = line_with(server, "grove: admin on http://127.0.0.1:");
    return static_cast<std::uint16_t>(std::stoul(line.substr(line.rfind(':') + 1)));
}

std::string ask(std::uint16_t port, const std::string& path) {
    const PlainClient client{port};
    client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    return client.read_to_end();
}

char state_of(pid_t pid) {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
    std::string text;
    std::getline(file, text);
    const std::size_t end = text.rfind(')');
    return end == text.npos ? '\0' : text[end + 2];
}

bool alive(pid_t pid) {
    const char state = state_of(pid);
    return state != '\0' && state != 'Z';
}

long cpu_ticks(pid_t pid) {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
    std::string text;
    std::getline(file, text);
    std::istringstream fields{text.substr(text.rfind(')') + 1)};
    std::string skipped;
    for (int i = 3; i < 14; ++i) fields >> skipped;  // proc(5): utime is the 14th
    long user = 0;
    long system = 0;
    if (!(fields >> user >> system)) throw std::runtime_error{"no such process"};
    return user + system;
}

std::vector<long> sockets_of(const std::vector<pid_t>& pids) {
    std::vector<long> sockets;
    for (const pid_t pid : pids) {
        sockets.push_back(0);
        for (const auto& entry :
             std::filesystem::directory_iterator{"/proc/" + std::to_string(pid) + "/fd"}) {
            std::error_code gone;
            const std::string target = std::filesystem::read_symlink(entry, gone).string();
            sockets.back() += target.starts_with("socket:") ? 1 : 0;
        }
    }
    return sockets;
}

long resident_kib(pid_t pid) {
    std::ifstream status{"/proc/" + std::to_string(pid) + "/status"};
    std::string line;
    while (std::getline(status, line) && !line.starts_with("VmRSS:")) {
    }
    return std::stol(line.substr(6));
}

}  // namespace grove
