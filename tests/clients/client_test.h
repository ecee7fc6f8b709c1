// client_test.h - other people's clients against the built binary.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "program.h"
#include "serving.h"
#include "temporary_folder.h"

namespace grove {

/// A test for which a client must be installed (apps/setup does it); without, it is skipped.
class ClientTest : public testing::Test {
protected:
    explicit ClientTest(std::string client) : client_{std::move(client)} {}

    void SetUp() override {
        if (run_program({"/bin/sh", "-c", "command -v " + client_}).exit_code != 0)
            GTEST_SKIP() << client_ << " is not installed";
    }

    std::string file(const std::string& name) const { return (folder_.path() / name).string(); }

    void write(const std::string& name, const std::string& content) const {
        std::filesystem::create_directories((folder_.path() / name).parent_path());
        std::ofstream{folder_.path() / name, std::ios::binary} << content;
    }

    std::string content_of(const std::string& name) const;

    /// Serves hello at /, echo, upload, status, stream and events at their names, the folder site/ at /files.
    /// @param members   of the configuration, each with its comma
    /// @param listener  of the configuration's list
    Serving& serve(const std::string& members = "",
                   const std::string& listener = R"("127.0.0.1:0")");

    /// Ends by TERM, or the test fails.
    void stop() const;

    std::string url(const std::string& path) const {
        return scheme_ + "://127.0.0.1:" + std::to_string(server_->port) + path;
    }

    /// A command line for the shell, in the test's folder.
    ProgramResult shell(const std::string& command) const;

    TemporaryFolder folder_;
    std::unique_ptr<Serving> server_;

private:
    std::string client_;
    std::string scheme_;
};

}  // namespace grove
