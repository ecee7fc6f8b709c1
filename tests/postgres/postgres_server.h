// postgres_server.h - one PostgreSQL for all tests of this program: Debian's own, on loopback (C-066).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include <sys/signal.h>

#include <gtest/gtest.h>

#include "program.h"
#include "server_process.h"

namespace grove::test {

class PostgresServer final : public testing::Environment {
public:
    void SetUp() override {
        const std::optional<std::string> programs = find_programs();
        if (!programs) GTEST_SKIP() << "no PostgreSQL is installed (apt-get install postgresql)";
        folder_.emplace();
        const std::string folder = folder_->path().string();
        give_to_other_user(folder);
        const ProgramResult made =
            run_program(as_other_user({*programs + "/initdb", "-D", folder + "/data", "-U", "grove",
                                       "-A", "trust", "-E", "UTF8", "--locale=C", "-N"}));
        if (made.exit_code != 0) throw std::runtime_error{"initdb: " + made.errors};
        port_ = free_port();
        server_ = std::make_unique<RunningProgram>(
            as_other_user({*programs + "/postgres", "-D", folder + "/data", "-k", folder, "-p",
                           std::to_string(port_), "-h", "127.0.0.1", "-F"}),
            folder + "/output");
        while (server_->read_error_line().find("ready to accept connections") ==
               std::string::npos) {
        }
        server_->close_errors();
    }
    void TearDown() override {
        if (server_ == nullptr) return;
        server_->send_signal(SIGQUIT);
        server_->wait();
    }

    /// By its unix socket.
    [[nodiscard]] std::string conninfo() const {
        return "host=" + folder_->path().string() + " port=" + std::to_string(port_) + rest();
    }
    [[nodiscard]] std::string conninfo_at(const std::string& host) const {
        return "host=" + host + " port=" + std::to_string(port_) + rest();
    }

private:
    static std::string rest() { return " user=grove dbname=postgres"; }
    static std::optional<std::string> find_programs() {
        const std::filesystem::path all{"/usr/lib/postgresql"};
        if (!std::filesystem::exists(all)) return std::nullopt;
        for (const auto& version : std::filesystem::directory_iterator{all}) {
            const auto programs = version.path() / "bin";
            if (std::filesystem::exists(programs / "initdb")) return programs.string();
        }
        return std::nullopt;
    }

    std::optional<TemporaryFolder> folder_;
    std::uint16_t port_ = 0;
    std::unique_ptr<RunningProgram> server_;
};

/// Owned by GoogleTest, and there before any test.
extern const PostgresServer* const postgres_server;

}  // namespace grove::test
