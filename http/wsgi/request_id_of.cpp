#include "request_id_of.h"

#include "exchange.h"
#include "log_text.h"
#include "running_exchange.h"

namespace grove::http {

std::string request_id_of(std::uint64_t greenlet) {
    Exchange* const exchange = exchange_served_by(greenlet);
    return exchange != nullptr ? escaped(exchange->request_id()) : "";
}

}  // namespace grove::http
