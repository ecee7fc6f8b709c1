// background - has a greenlet that reads a Queue of its application's. GET /put hands it an item, /begin has the request
// begin another greenlet; the answer tells of items that were read, or what the factory has heard. "notes", in the folder
// of the configuration, has a line for what ended: "PID reader", "PID helper", "PID jobs". Configured with
// {"stubborn": 1} no kill ends the reader, with {"slow": 1} its end takes a second; {"calls": 1}: the factory blocks, as
// a request may; {"thread": 1}: a thread hands over items, until the application is destroyed; {"five": 1}: four more
// greenlets use the application, "ticker", "waiter", "writer" and "closer". {"throw": 1}: the factory throws when it has
// begun a greenlet, "orphan".
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <unistd.h>

#include <grove/core/connect.h>
#include <grove/core/event.h>
#include <grove/core/hub.h>
#include <grove/core/queue.h>
#include <grove/core/shield.h>
#include <grove/http/stream_server.h>
#include <grove/plugin.h>

using namespace grove::http;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// Notes the end of its scope.
class Noted {
public:
    explicit Noted(const char* what) : file_{fs::absolute("notes")}, what_{what} {}
    // The working directory is another one by now.
    Noted(fs::path file, const char* what) : file_{std::move(file)}, what_{what} {}
    ~Noted() { std::ofstream{file_, std::ios::app} << ::getpid() << ' ' << what_ << '\n'; }
    Noted(const Noted&) = delete;
    Noted& operator=(const Noted&) = delete;

private:
    fs::path file_;
    const char* what_;
};

struct Manner {
    explicit Manner(std::string_view config)
        : stubborn{config.find("stubborn") != config.npos},
          slow{config.find("slow") != config.npos} {}
    bool stubborn;
    bool slow;
};

void read(grove::Queue<int>& queue, int& sum, Manner manner) {
    for (;;) {
        try {
            for (;;) sum += queue.get();
        } catch (const grove::GreenletExit&) {
            if (manner.stubborn) continue;
            if (!manner.slow) throw;
        }
        grove::sleep(1s);
        return;
    }
}

class Jobs {
public:
    Jobs(Manner manner, std::string word) : word_{std::move(word)} {
        grove::spawn({.name = "reader"}, [this, manner] {
            const Noted end{notes_, "reader"};
            read(*queue_, sum_, manner);
        });
    }

    void begin_thread() {
        // What it has handed over may have its turn when all else has gone.
        thread_ =
            std::jthread{[queue = queue_, &hub = grove::get_hub()](const std::stop_token& stop) {
                while (!stop.stop_requested()) {
                    hub.run_threadsafe([queue] { queue->put_nowait(1); });
                    std::this_thread::sleep_for(1ms);
                }
            }};
    }

    /// Each waits for something else; all touch what is destroyed after them.
    void begin_four_more() {
        begin("ticker", [this] {
            for (;; ++ticks_) grove::sleep(1ms);
        });
        begin("waiter", [this] { never_.wait(); });
        begin("writer", [this] {
            for (;;) full_.put(1);
        });
        begin("closer", [this] {
            try {
                never_.wait();
            } catch (const grove::GreenletExit&) {
            }
            grove::sleep(1ms);
            ++ticks_;
        });
    }

    Body answer(Environ& request, StartResponse& start_response) {
        const std::string path{request["PATH_INFO"]};
        if (path == "/put") queue_->put(1);
        if (path == "/begin") {
            grove::spawn({.name = "helper"}, [this] {
                const Noted end{notes_, "helper"};
                never_.wait();
            });
        }
        grove::sleep();  // the reader has its turn
        start_response("200 OK", {{"Content-Type", "text/plain"}});
        return sum_ > 0 ? "sum\n" : word_;
    }

private:
    void begin(const char* name, std::function<void()> work) {
        grove::spawn({.name = name}, [this, name, work = std::move(work)] {
            const Noted end{notes_, name};
            work();
        });
    }

    fs::path notes_ = fs::absolute("notes");
    Noted end_{"jobs"};
    std::string word_;
    std::shared_ptr<grove::Queue<int>> queue_ = std::make_shared<grove::Queue<int>>();
    grove::Queue<int> full_{1};
    grove::Event never_;
    int sum_ = 0;
    int ticks_ = 0;
    std::jthread thread_;  // last: it ends first
};

/// Sleeps, waits for greenlets, and connects.
/// @return what the peer has sent
std::string call() {
    StreamServer server{"127.0.0.1:0", [](grove::Stream& client, const grove::Address&) {
                            client.sendall("called\n");
                        }};
    server.start();
    grove::sleep(1ms);
    const std::string address = server.address();
    const auto port =
        static_cast<std::uint16_t>(std::stoul(address.substr(address.rfind(':') + 1)));
    const auto caller = grove::spawn([port] {
        grove::Stream stream = grove::connect(grove::Address::ip("127.0.0.1", port), 30s);
        std::string text;
        std::array<char, 64> buffer{};
        while (const std::size_t got = stream.recv(buffer, 30s)) text.append(buffer.data(), got);
        return text;
    });
    std::string text = caller.get();
    server.stop();
    return text;
}

[[noreturn]] void fail(Manner manner) {
    struct Shared {
        grove::Queue<int> queue;
        int sum = 0;
    };
    const auto shared = std::make_shared<Shared>();
    grove::spawn({.name = "orphan"}, [shared, manner, notes = fs::absolute("notes")] {
        const Noted end{notes, "orphan"};
        read(shared->queue, shared->sum, manner);
    });
    grove::sleep(1ms);
    throw std::runtime_error{"as it was told to"};
}

Application make(std::string_view config) {
    const Manner manner{config};
    if (config.find("throw") != config.npos) fail(manner);
    const auto jobs = std::make_shared<Jobs>(
        manner, config.find("calls") != config.npos ? call() : std::string{"background\n"});
    if (config.find("thread") != config.npos) jobs->begin_thread();
    if (config.find("five") != config.npos) jobs->begin_four_more();
    grove::sleep();  // they begin
    return [jobs](Environ& request, StartResponse& start_response) {
        return jobs->answer(request, start_response);
    };
}

}  // namespace

GROVE_PLUGIN(background, "1.0", make);
