// Sends a file to whoever connects; the kernel copies it.   geventsendfile FILE [ADDRESS]
#include <csignal>
#include <iostream>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>

#include <grove/http.h>

using namespace std::chrono_literals;

namespace {

void send(const std::string& path, grove::Stream& client) {
    const grove::FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0)
        throw std::system_error{errno, std::generic_category(), path};
    client.sendfile(file.get(), 0, static_cast<std::uint64_t>(status.st_size), 60s);
}

}  // namespace

int main(int count, char** arguments) try {
    const std::string path = count > 1 ? arguments[1] : "geventsendfile.cpp";
    const auto serve = [&](grove::Stream& client, const grove::Address& peer) {
        try {
            send(path, client);
        } catch (const std::exception& error) {  // no such file, or the peer is gone
            std::cerr << peer.text() << ": " << error.what() << '\n';
        }
    };
    grove::http::StreamServer server{
        count > 2 ? arguments[2] : "127.0.0.1:8000", serve, {.spawn = 100}};
    const grove::SignalInbox pipe{SIGPIPE};  // sendfile(2) raises it when the peer is gone
    const grove::SignalHandler on_term{SIGTERM, [&] { server.stop(); }};
    server.start();
    std::cout << "listening on " << server.address() << std::endl;
    server.serve_forever();
    std::cout << "stopped\n";
} catch (const std::exception& error) {
    std::cerr << "geventsendfile: " << error.what() << '\n';
    return 1;
}
