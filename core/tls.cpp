#include <grove/core/tls.h>

#include <utility>

#include <grove/core/detail/tls_ticket_keys.h>

#include "tls_files.h"
#include "tls_session.h"

namespace grove {

TlsContext::TlsContext() = default;
TlsContext::~TlsContext() = default;

std::shared_ptr<TlsContext> TlsContext::server(TlsServerOptions options) {
    return server(std::move(options), {});
}

std::shared_ptr<TlsContext> TlsContext::server(TlsServerOptions options, TlsFileText text) {
    std::shared_ptr<TlsContext> context{new TlsContext};
    if (options.ticket_keys == nullptr) options.ticket_keys = std::make_shared<TlsTicketKeys>();
    context->files_ = std::make_shared<TlsFiles>(options, text);
    context->text_ = std::move(text);
    context->server_ = std::move(options);
    return context;
}

std::shared_ptr<TlsContext> TlsContext::client(TlsClientOptions options) {
    std::shared_ptr<TlsContext> context{new TlsContext};
    context->files_ = std::make_shared<TlsFiles>(options);
    context->client_ = std::move(options);
    return context;
}

void TlsContext::reload() {
    files_ = server_ ? std::make_shared<TlsFiles>(*server_, text_)
                     : std::make_shared<TlsFiles>(*client_);
}

Stream tls_accept(Stream plain, const std::shared_ptr<TlsContext>& context, Timespan timeout) {
    const auto& files = context->files_;
    plain.start_tls(std::make_unique<TlsSession>(plain.socket(), files->new_server(), files),
                    timeout);
    return plain;
}

Stream tls_connect(Stream plain, const std::shared_ptr<TlsContext>& context,
                   const std::string& server_name, Timespan timeout) {
    const auto& files = context->files_;
    plain.start_tls(
        std::make_unique<TlsSession>(plain.socket(), files->new_client(server_name), files),
        timeout);
    return plain;
}

}  // namespace grove
