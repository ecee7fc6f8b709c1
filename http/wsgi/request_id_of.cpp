#include "request_id_of.h"

#include <cstddef>

#include "exchange.h"
#include "log_text.h"
#include "report_text.h"
#include "running_exchange.h"

namespace grove::http {
namespace {

constexpr std::size_t kToldPath = 1024;  // bytes

}  // namespace

std::string request_id_of(std::uint64_t greenlet) {
    Exchange* const exchange = exchange_served_by(greenlet);
    return exchange != nullptr ? escaped(exchange->request_id()) : "";
}

std::string request_text_of(std::uint64_t greenlet) {
    Exchange* const exchange = exchange_served_by(greenlet);
    if (exchange == nullptr) return "";
    const RequestHead& head = exchange->head;
    const std::string id = escaped(exchange->request_id());
    const std::string stream = stream_text(head.stream, id.empty() ? "stream " : ", stream ");
    const std::string more = (id.empty() ? "" : "request " + id) + stream;
    return escaped(head.method) + " " + escaped(head.path.substr(0, kToldPath)) +
           (more.empty() ? "" : " (" + more + ")");
}

}  // namespace grove::http
