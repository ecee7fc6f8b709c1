// chat - rooms of people who write to one another, by WebSockets of the parked style: an idle one holds no greenlet.
// "/" is the page, and /ROOM/NAME the WebSocket of whoever is called so in that room. A room is there while somebody is
// in it, and each worker has rooms of its own.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <grove/plugin.h>

namespace {

using namespace grove::http;

constexpr std::size_t kRooms = 100;
constexpr std::size_t kMembers = 100;     // of a room
constexpr std::size_t kHistory = 50;      // lines that a newcomer is told
constexpr std::size_t kLine = 2000;       // bytes; more closes with code 1009
constexpr std::size_t kName = 20;         // of a room, or of somebody in it
constexpr std::uint16_t kRefused = 4000;  // the page shows the reason
constexpr std::uint16_t kNotText = 1003;

constexpr std::string_view kPage = R"(<!DOCTYPE html>
<meta charset="utf-8">
<title>Chat</title>
<form id="join">
  <input name="room" placeholder="room" pattern="[A-Za-z0-9_\-]{1,20}" required>
  <input name="name" placeholder="your name" pattern="[A-Za-z0-9_\-]{1,20}" required>
  <button>Join</button>
</form>
<form id="say" hidden><input name="text" maxlength="500" autocomplete="off"> <button>Say</button></form>
<ul id="lines"></ul>
<script>
const join = document.getElementById('join'), say = document.getElementById('say');
const show = text => {
  const line = document.createElement('li');
  line.textContent = text;  // whatever people write, it is no HTML
  document.getElementById('lines').prepend(line);
};
let socket;
join.onsubmit = event => {
  event.preventDefault();
  const at = location.href.replace(/^http/, 'ws').replace(/[?#].*/, '').replace(/\/?$/, '/');
  socket = new WebSocket(at + join.room.value + '/' + join.name.value);
  socket.onopen = () => { join.hidden = true; say.hidden = false; };
  socket.onmessage = event => show(event.data);
  socket.onclose = event => {
    join.hidden = false;
    say.hidden = true;
    show('* closed: ' + (event.reason || event.code));
  };
};
say.onsubmit = event => {
  event.preventDefault();
  if (say.text.value) socket.send(say.text.value);
  say.reset();
};
</script>
)";

struct Room {
    std::map<std::string, WebSocket, std::less<>> members{};
    std::deque<std::string> history{};

    // try_send(): whoever reads too slowly misses a line, and holds nobody up.
    void tell(std::string line) {
        for (auto& [name, socket] : members) socket.try_send(line);
        history.push_back(std::move(line));
        if (history.size() > kHistory) history.pop_front();
    }
};

class Chat {
public:
    /// @return "", or why not
    std::string_view join(const std::string& room_name, const std::string& name, WebSocket socket) {
        if (rooms_.size() == kRooms && !rooms_.contains(room_name))
            return "there are too many rooms";
        Room& room = rooms_[room_name];
        if (room.members.size() == kMembers) return "the room is full";
        if (room.members.contains(name)) return "the name is taken";
        for (const std::string& line : room.history) socket.try_send(line);
        room.members.emplace(name, std::move(socket));
        room.tell("* " + name + " has come");
        return {};
    }

    void say(const std::string& room, const std::string& name, std::string_view text) {
        rooms_.at(room).tell((name + ": ").append(text));
    }

    void leave(const std::string& room_name, const std::string& name) {
        Room& room = rooms_.at(room_name);
        room.members.erase(name);
        if (room.members.empty()) {
            rooms_.erase(room_name);
        } else {
            room.tell("* " + name + " has gone");
        }
    }

private:
    std::map<std::string, Room> rooms_;
};

/// Whose a WebSocket is.
struct Seat {
    std::string room;
    std::string name;
    bool taken = false;
};

// The application, which has the chat, outlives its WebSockets.
WebSocketHandlers handlers_of(Chat& chat, const std::shared_ptr<Seat>& seat) {
    return {.on_open =
                [&chat, seat](WebSocket socket) {
                    const std::string_view fault = chat.join(seat->room, seat->name, socket);
                    seat->taken = fault.empty();
                    if (!seat->taken) socket.close(kRefused, fault);
                },
            .on_message =
                [&chat, seat](WebSocket socket, Message message) {
                    if (message.binary) return socket.close(kNotText, "only text is passed on");
                    chat.say(seat->room, seat->name, message.data);
                },
            .on_close =
                [&chat, seat](WebSocket) {
                    if (seat->taken) chat.leave(seat->room, seat->name);
                }};
}

bool is_name(std::string_view text) {
    constexpr std::string_view kAllowed =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    return !text.empty() && text.size() <= kName &&
           text.find_first_not_of(kAllowed) == std::string_view::npos;
}

/// @param path  "/ROOM/NAME"
/// @throws HttpError 404
std::shared_ptr<Seat> seat_of(std::string_view path) {
    path.remove_prefix(std::min<std::size_t>(path.size(), 1));
    const std::size_t slash = path.find('/');
    const std::string_view room = path.substr(0, slash);
    const std::string_view name = slash < path.size() ? path.substr(slash + 1) : "";
    if (!is_name(room) || !is_name(name)) {
        throw HttpError{404,
                        "/ROOM/NAME: a name is 1 to 20 of the characters A-Z, a-z, 0-9, _ and -"};
    }
    return std::make_shared<Seat>(Seat{std::string{room}, std::string{name}});
}

Application make_chat(std::string_view) {
    return
        [chat = std::make_shared<Chat>()](Environ& environ, StartResponse& start_response) -> Body {
            const std::string_view path = environ["PATH_INFO"];
            if (path.empty() || path == "/") {
                start_response("200 OK", {{"Content-Type", "text/html; charset=utf-8"}});
                return std::string{kPage};
            }
            return websocket(environ, start_response, handlers_of(*chat, seat_of(path)),
                             {.message_bytes = kLine});
        };
}

}  // namespace

GROVE_PLUGIN(chat, "1.0", make_chat);
