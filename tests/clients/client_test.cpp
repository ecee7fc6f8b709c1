#include "client_test.h"

#include <csignal>
#include <sstream>

namespace grove {

std::string ClientTest::content_of(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream{folder_.path() / name, std::ios::binary}.rdbuf();
    return text.str();
}

Serving& ClientTest::serve(const std::string& members, const std::string& listener) {
    std::filesystem::create_directories(folder_.path() / "site");
    write("grove.json", R"({"listen": [)" + listener + "], " + members + R"("apps": [
        {"mount": "/", "app": "hello"}, {"mount": "/echo", "app": "echo"},
        {"mount": "/upload", "app": "upload"}, {"mount": "/status", "app": "status"},
        {"mount": "/stream", "app": "stream"}, {"mount": "/events", "app": "events"},
        {"mount": "/files", "app": "static", "config": {"root": "site"}}],
        "log": {"access": "off", "error": "error.log"}})");
    server_ = std::make_unique<Serving>(serve_command({file("grove.json")}), file("output"));
    scheme_ = server_->line.find("https://") == std::string::npos ? "http" : "https";
    return *server_;
}

void ClientTest::stop() const {
    server_->program.send_signal(SIGTERM);
    EXPECT_EQ(server_->program.wait(), 0) << content_of("error.log");
}

ProgramResult ClientTest::shell(const std::string& command) const {
    return run_program({"/bin/sh", "-c", "cd " + folder_.path().string() + " && " + command});
}

}  // namespace grove
