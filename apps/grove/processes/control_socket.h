// control_socket.h - a master's clients that ask for its state, or for a reload and its outcome.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <vector>

#include <poll.h>

#include <grove/core/file_descriptor.h>

namespace grove::http {

/// A client sends lines, "status", "reload" or "end", and gets a line of JSON for each; for "reload" a second one when
/// that reload is over, for "end" none but the master's last. No client keeps the master: nothing here waits, a client
/// that does not read for kTimeToRead is dropped, one that has not read an answer is asked nothing more, and of
/// kMostClients the oldest makes room.
///
/// Thread: the master's.
class ControlSocket {
public:
    using Clock = std::chrono::steady_clock;

    static constexpr std::size_t kMostClients = 16;
    static constexpr std::size_t kMostLine = 64;  ///< Bytes of a question.
    static constexpr std::chrono::seconds kTimeToRead{2};

    /// What the master says.
    struct Answers {
        std::function<std::string()> status{};  ///< Without the line's end.
        std::function<std::string()> reload{};  ///< It is asked for; it begins later.
    };

    /// @param listener  listens and does not block; lent
    ControlSocket(int listener, Answers answers);
    ControlSocket(const ControlSocket&) = delete;
    ControlSocket& operator=(const ControlSocket&) = delete;

    /// Those for which there is something to do when poll() says so.
    void add_to(std::vector<pollfd>& watched) const;
    /// When serve() is to be called even if poll() says nothing.
    [[nodiscard]] Clock::time_point due() const noexcept;
    /// Accepts, reads, answers and drops whom it may. Never blocks.
    void serve(Clock::time_point now);

    void reload_begins() noexcept;  ///< Whoever has asked for one is told of this one's end.
    void reload_ends(const std::string& line);
    void ends(const std::string& line);  ///< The master's last: whoever asks only now is told, too.
    /// In a child of the master: closes all but the listener.
    void leave() noexcept { clients_.clear(); }

private:
    enum class Waits { kForNothing, kForTheNext, kForThis, kForTheEnd };  // reload; end
    struct Client {
        FileDescriptor socket;
        std::string question{};                            // as far as it has come
        std::string answer{};                              // as far as it was not taken
        Clock::time_point due = Clock::time_point::max();  // to take it
        Waits waits = Waits::kForNothing;
        bool has_ended = false;  // it asks nothing more
        bool gone = false;
    };

    void accept_all(Clock::time_point now);
    void drop_one();
    void read(Client& client, Clock::time_point now);
    void answer(Client& client, std::string_view question, Clock::time_point now);
    static void say(Client& client, const std::string& line, Clock::time_point now);
    static void write(Client& client, Clock::time_point now);

    int listener_;
    Answers answers_;
    std::list<Client> clients_;  // the oldest first
    Clock::time_point accept_again_ = Clock::time_point::min();
};

}  // namespace grove::http
