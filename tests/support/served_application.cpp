#include "served_application.h"

#include <chrono>
#include <utility>

#include <grove/core/greenlet.h>

namespace grove::test {

using namespace std::chrono_literals;

ServedApplication::ServedApplication(http::Application application, http::WsgiOptions options)
    : server{"127.0.0.1:0", counted(std::move(application)), logged(std::move(options))} {
    server.start();
}

ServedApplication::~ServedApplication() { server.stop(Duration::zero()); }

http::Application ServedApplication::counted(http::Application application) {
    return [this, application = std::move(application)](http::Environ& environ,
                                                        http::StartResponse& start) {
        ++calls;
        return application(environ, start);
    };
}

http::WsgiOptions ServedApplication::logged(http::WsgiOptions options) {
    if (!options.access_log) {
        options.access_log = [this](const http::AccessRecord& record) {
            access_lines.push_back(std::to_string(record.status) + " " +
                                   std::string{record.request_line});
            access_bytes.push_back(record.bytes);
        };
    }
    if (!options.error_log) {
        options.error_log = [this](http::LogLevel, std::string_view line) {
            errors.emplace_back(line);
        };
    }
    return options;
}

Address ServedApplication::address() const {
    return Address::ip("127.0.0.1", server.server_port());
}

Answer ServedApplication::ask(std::string_view bytes) {
    Client client{address()};
    client.send(bytes);
    return client.answer();
}

std::string ServedApplication::say(std::string_view bytes) {
    Client client{address()};
    client.send(bytes);
    return client.read_to_end();
}

bool ServedApplication::quiet() {
    for (int turns = 0; turns < 2000; ++turns) {
        if (server.connections() == 0 && server.requests_running() == 0) return true;
        sleep(1ms);
    }
    return false;
}

std::string get(std::string_view target, std::string_view fields) {
    std::string request = "GET ";
    request.append(target).append(" HTTP/1.1\r\nHost: h\r\n").append(fields).append("\r\n");
    return request;
}

std::string post(std::string_view body, std::string_view fields) {
    std::string request = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ";
    request.append(std::to_string(body.size()))
        .append("\r\n")
        .append(fields)
        .append("\r\n")
        .append(body);
    return request;
}

http::Application say_hello() {
    return [](http::Environ&, http::StartResponse& start) {
        start("200 OK", {{"Content-Type", "text/plain"}});
        return http::Body{"hello"};
    };
}

http::Application tell(std::vector<std::string> keys) {
    return [keys = std::move(keys)](http::Environ& environ, http::StartResponse& start) {
        start("200 OK", {});
        std::string text;
        for (const std::string& key : keys) text += std::string{environ[key]} + "|";
        return http::Body{text};
    };
}

}  // namespace grove::test
