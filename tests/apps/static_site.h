// static_site.h - a folder of files served by the application static, by the real binary.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "serving.h"
#include "temporary_folder.h"

namespace grove {

/// Mounted at /s, with what is hidden at /all, and with tags of the content at /content.
class StaticSite : public testing::Test {
protected:
    std::string file(const std::string& name) const { return (root_ / name).string(); }

    void write(const std::string& name, const std::string& content) const {
        std::filesystem::create_directories((root_ / name).parent_path());
        std::ofstream{root_ / name, std::ios::binary} << content;
    }

    /// @return the configuration's file
    std::string configuration() const {
        const std::string name = (folder_.path() / "grove.json").string();
        std::filesystem::create_directories(root_);
        std::ofstream{name} << R"({"listen": ["127.0.0.1:0"],
            "apps": [{"mount": "/s", "app": "static", "config": {"cache": null, "root": ")" +
                                   root_.string() + R"("}},
                     {"mount": "/all", "app": "static", "config": {"cache": null, "hidden": true, "root": ")" +
                                   root_.string() + R"("}},
                     {"mount": "/content", "app": "static", "config": {"cache": null, "etag": "content", "root": ")" +
                                   root_.string() + R"("}}],
            "log": {"access": "off", "error": "error.log"}})";
        return name;
    }

    /// The head and body of a GET with further fields, each with its CRLF.
    std::string get(const std::string& path, const std::string& fields = "") const {
        return server_.ask("GET /s" + path + " HTTP/1.1", fields);
    }

    /// A field's value; "" if it is absent.
    static std::string field(const std::string& answer, const std::string& name) {
        const std::string head = answer.substr(0, answer.find("\r\n\r\n") + 2);
        const std::size_t at = head.find("\r\n" + name + ": ");
        if (at == std::string::npos) return {};
        const std::size_t begin = at + name.size() + 4;
        return head.substr(begin, head.find("\r\n", begin) - begin);
    }

    static int status(const std::string& answer) { return std::stoi(answer.substr(9, 3)); }

    TemporaryFolder folder_;
    std::filesystem::path root_ = folder_.path() / "root";
    Serving server_{serve_command({configuration()}), (folder_.path() / "output").string()};
};

}  // namespace grove
