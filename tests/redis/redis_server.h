// redis_server.h - one Redis for all tests of this program: Debian's own, on loopback (C-066).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include <sys/signal.h>

#include <gtest/gtest.h>

#include "program.h"
#include "server_process.h"

namespace grove::test {

class RedisServer final : public testing::Environment {
public:
    void SetUp() override {
        const std::string program = "/usr/bin/redis-server";
        if (!std::filesystem::exists(program))
            GTEST_SKIP() << "no Redis is installed (apt-get install redis-server)";
        folder_.emplace();
        give_to_other_user(folder_->path().string());
        port_ = free_port();
        server_ = std::make_unique<RunningProgram>(
            as_other_user({program, "--port", std::to_string(port_), "--bind", "127.0.0.1",
                           "--unixsocket", path(), "--dir", folder_->path().string(), "--save", "",
                           "--appendonly", "no"}),
            (folder_->path() / "output").string());
        // It makes its socket last, before it serves.
        for (int tries = 0; !std::filesystem::exists(path()); ++tries) {
            if (tries == 3000) throw std::runtime_error{"redis-server does not start"};
            std::this_thread::sleep_for(std::chrono::milliseconds{10});
        }
    }
    void TearDown() override {
        if (server_ == nullptr) return;
        server_->send_signal(SIGKILL);
        server_->wait();
    }

    [[nodiscard]] std::string path() const { return (folder_->path() / "redis.sock").string(); }
    [[nodiscard]] std::string unix_url() const { return "unix:" + path(); }
    [[nodiscard]] std::string url(const std::string& login = {},
                                  const std::string& rest = {}) const {
        return "redis://" + login + "127.0.0.1:" + std::to_string(port_) + rest;
    }

private:
    std::optional<TemporaryFolder> folder_;
    std::uint16_t port_ = 0;
    std::unique_ptr<RunningProgram> server_;
};

/// Owned by GoogleTest, and there before any test.
extern const RedisServer* const redis_server;

}  // namespace grove::test
