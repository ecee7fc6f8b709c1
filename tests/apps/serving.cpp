#include "serving.h"

#include <fstream>
#include <stdexcept>
#include <string_view>

namespace grove {

std::vector<std::string> serve_command(const std::vector<std::string>& arguments) {
    std::vector<std::string> all{GROVE_TEST_BINARY, "serve"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return all;
}

std::vector<pid_t> children_of(pid_t pid) {
    const std::string name = std::to_string(pid);
    std::ifstream children{"/proc/" + name + "/task/" + name + "/children"};
    std::vector<pid_t> pids;
    for (pid_t child = 0; children >> child;) pids.push_back(child);
    return pids;
}

Serving::Serving(const std::vector<std::string>& command, const std::string& output)
    : program{command, output}, line{program.read_error_line()} {
    constexpr std::string_view kHost = "://127.0.0.1:";
    const std::size_t host = line.find(kHost);
    if (!line.starts_with("grove: listening on http") || host == std::string::npos)
        throw std::runtime_error{"not a line about a listener: " + line};
    port = static_cast<std::uint16_t>(std::stoul(line.substr(host + kHost.size())));
}

std::string Serving::get(const std::string& target) const {
    return ask("GET " + target + " HTTP/1.1");
}

std::string Serving::ask(const std::string& request_line, const std::string& fields,
                         const std::string& body) const {
    const PlainClient client{port};
    client.send(request_line + "\r\nHost: x\r\nConnection: close\r\n" + fields + "\r\n" + body);
    return client.read_to_end();
}

std::vector<pid_t> Serving::workers() const { return children_of(program.pid()); }

std::string body_of(const std::string& answer) {
    const std::size_t end = answer.find("\r\n\r\n");
    return end == std::string::npos ? std::string{} : answer.substr(end + 4);
}

}  // namespace grove
