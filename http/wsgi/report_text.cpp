#include "report_text.h"

#include <string_view>

#include "client_address.h"
#include "log_text.h"
#include "request_state.h"

namespace grove::http {

std::string stream_text(std::uint32_t stream, std::string_view before, std::string_view after) {
    if (stream == 0) return {};
    return std::string{before}.append(std::to_string(stream)).append(after);
}

std::string described(RequestState& request, const AnyGreenlet& greenlet) {
    std::string text = std::string{request.head.method} + " ";
    text.append(request.head.path).append(" (");
    const std::string_view id = request.request_id();
    if (!id.empty()) text.append("request ").append(id).append(", ");
    text += stream_text(request.head.stream, "stream ", ", ");
    const std::string_view mount = request.script_name();
    if (!mount.empty()) text.append("mount ").append(mount).append(", ");
    text.append("greenlet \"").append(greenlet.name()).append("\"");
    const std::string remote = client_address(request);
    if (!remote.empty()) text.append(", from ").append(remote);
    if (!request.head.host.empty()) text.append(", host ").append(request.head.host);
    return text + ")";
}

std::string joined(const std::vector<std::string>& stack) {
    std::string text;
    for (const std::string& frame : stack) {
        if (frame.starts_with("grove::http::WsgiHandler::") ||
            frame.starts_with("grove::http::AnswerRest::"))
            break;
        text.append(text.empty() ? "; stack: " : " < ").append(shortened(frame));
    }
    return text;
}

}  // namespace grove::http
