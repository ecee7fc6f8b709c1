#include <grove/http/client.h>

#include <utility>

#include "client_call.h"
#include "client_core.h"

namespace grove::http {

Client::Client(ClientOptions options) : core_{std::make_shared<ClientCore>(std::move(options))} {}
Client::~Client() { core_->keeper().close(); }

ClientAnswer Client::send(ClientRequest request) {
    return ClientCall{core_, std::move(request)}.run();
}
ClientAnswer Client::get(std::string url, Headers headers) {
    return send({.url = std::move(url), .headers = std::move(headers)});
}
ClientAnswer Client::post(std::string url, Body body, Headers headers) {
    return send({.method = "POST",
                 .url = std::move(url),
                 .headers = std::move(headers),
                 .body = std::move(body)});
}
std::size_t Client::connections() const noexcept { return core_->keeper().size(); }

}  // namespace grove::http
