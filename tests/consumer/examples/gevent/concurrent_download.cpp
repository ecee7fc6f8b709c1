// Fetches pages side by side, and prints how many bytes each has.   concurrent_download URL...
#include <iostream>
#include <string>
#include <vector>

#include <grove/http.h>

using namespace std::chrono_literals;

int main(int count, char** arguments) {
    const std::vector<std::string> urls{arguments + 1, arguments + count};
    grove::http::Client client{{.redirects = 5}};
    grove::Pool pool{20};
    int failed = 0;
    pool.map(
        [&](const std::string& url) {
            try {
                auto answer = client.send({.url = url, .timeout = 30s});
                const std::string text = answer.read_all(10'000'000);
                std::cout << url << ": " << answer.status() << ", " << text.size() << " bytes"
                          << std::endl;
            } catch (const grove::http::ClientError& error) {
                std::cerr << error.what() << '\n';
                ++failed;
            }
        },
        urls);
    return failed == 0 ? 0 : 1;
}
