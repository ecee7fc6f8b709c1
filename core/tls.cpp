#include <grove/core/tls.h>

#include <utility>

#include "tls_files.h"
#include "tls_session.h"

namespace grove {

TlsContext::TlsContext() = default;
TlsContext::~TlsContext() = default;

std::shared_ptr<TlsContext> TlsContext::server(TlsServerOptions options) {
    std::shared_ptr<TlsContext> context{new TlsContext};
    context->files_ = std::make_shared<Files>(options);
    context->server_ = std::move(options);
    return context;
}

std::shared_ptr<TlsContext> TlsContext::client(TlsClientOptions options) {
    std::shared_ptr<TlsContext> context{new TlsContext};
    context->files_ = std::make_shared<Files>(options);
    context->client_ = std::move(options);
    return context;
}

void TlsContext::reload() {
    auto files = server_ ? std::make_shared<Files>(*server_) : std::make_shared<Files>(*client_);
    if (server_ && server_->ticket_keys.empty()) files->keep_ticket_keys_of(*files_);
    files_ = std::move(files);
}

void TlsContext::set_ticket_keys(std::string keys) {
    files_->set_ticket_keys(keys);
    if (server_) server_->ticket_keys = std::move(keys);
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
