#include "report_text.h"

#include <string_view>

#include "client_address.h"
#include "exchange.h"
#include "log_text.h"

namespace grove::http {

std::string described(Exchange& exchange, const AnyGreenlet& greenlet) {
    std::string text = std::string{exchange.head.method} + " ";
    text.append(exchange.head.path).append(" (");
    const std::string_view id = exchange.request_id();
    if (!id.empty()) text.append("request ").append(id).append(", ");
    const std::string_view mount = exchange.script_name();
    if (!mount.empty()) text.append("mount ").append(mount).append(", ");
    text.append("greenlet \"").append(greenlet.name()).append("\"");
    const std::string remote = client_address(exchange);
    if (!remote.empty()) text.append(", from ").append(remote);
    if (!exchange.head.host.empty()) text.append(", host ").append(exchange.head.host);
    return text + ")";
}

std::string joined(const std::vector<std::string>& stack) {
    std::string text;
    for (const std::string& frame : stack) {
        if (frame.starts_with("grove::http::WsgiHandler::")) break;
        text.append(text.empty() ? "; stack: " : " < ").append(shortened(frame));
    }
    return text;
}

}  // namespace grove::http
