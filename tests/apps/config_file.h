// config_file.h - a configuration file of a test's own, and what the reader says of it.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "config.h"
#include "config_error.h"
#include "read_config.h"
#include "temporary_folder.h"

namespace grove::http {

inline constexpr const char* kApp = R"("apps": [{"app": "hello"}])";

class ConfigFile : public testing::Test {
protected:
    std::filesystem::path write(const std::string& text) const {
        std::ofstream{file_, std::ios::binary} << text;
        return file_;
    }

    Config read(const std::string& text, const ConfigFlags& flags = {}) const {
        return read_config(write(text), flags);
    }

    // The faults, with FILE for the file's name; none: it was taken.
    std::vector<std::string> faults(const std::string& text, const ConfigFlags& flags = {}) const {
        try {
            read(text, flags);
            return {};
        } catch (const ConfigError& error) {
            return shortened(error);
        }
    }

    std::vector<std::string> shortened(const ConfigError& error) const {
        std::vector<std::string> lines;
        for (std::string line : error.lines()) {
            for (std::size_t at = 0; (at = line.find(file_, at)) != std::string::npos;)
                line.replace(at, file_.size(), "FILE");
            lines.push_back(std::move(line));
        }
        return lines;
    }

    TemporaryFolder folder_;
    std::string file_ = (folder_.path() / "grove.json").string();
};

}  // namespace grove::http
