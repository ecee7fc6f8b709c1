// members.h - the configuration of a middleware that ships, member by member.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Each member is taken into its option; done() refuses those that nobody took. Messages name the
/// member: where the configuration is, the loader says.
class Members {
public:
    using Texts = std::vector<std::string>;
    using Map = std::map<std::string, std::string>;

    /// @throws std::exception  it is not JSON
    explicit Members(std::string_view config);
    Members(const Members&) = delete;
    Members& operator=(const Members&) = delete;
    ~Members();

    /// Absent: `option` stays as it is. @throws std::invalid_argument  it has another type
    void take(const char* key, bool& option);
    void take(const char* key, std::string& option);
    void take(const char* key, double& option);
    void take(const char* key, std::size_t& option);
    void take(const char* key, std::optional<int>& option);
    void take(const char* key, std::optional<std::chrono::seconds>& option);
    void take(const char* key, Texts& option);
    void take(const char* key, Map& option);

    /// @throws std::invalid_argument  a member is left
    void done() const;

private:
    struct Left;

    std::unique_ptr<Left> left_;
};
