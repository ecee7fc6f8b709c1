// client_call.h - one send(): a connection is found, the request is sent, perhaps twice, and redirects are followed.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <grove/core/duration.h>
#include <grove/http/client.h>

#include "asked.h"
#include "attempt.h"
#include "client_core.h"
#include "connection_keeper.h"

namespace grove::http {

class PulledAnswer;

/// Used once. Thread: the client's hub's. Throws what Client::send() throws.
class ClientCall {
public:
    ClientCall(std::shared_ptr<ClientCore> core, ClientRequest request);

    ClientAnswer run();

private:
    std::unique_ptr<PulledAnswer> exchange();
    ConnectionKeeper::Lease lease();
    void connect(ConnectionKeeper::Lease& lease, ClientError::Progress before);
    [[nodiscard]] bool may_send_again(const Attempt& attempt, const ClientError& error) const;
    [[nodiscard]] std::string head() const;
    [[nodiscard]] bool wants_codings() const;
    void follow(int status, std::string_view location);
    void become_get();
    void leave_origin();
    [[noreturn]] void refuse_redirect(const std::string& why) const;

    std::shared_ptr<ClientCore> core_;  // a call may outlive the client
    ClientRequest request_;             // without its method
    Deadline total_;
    Asked asked_{};            // moved to the answer, once that is there
    bool body_begun_ = false;  // its generator was called
};

}  // namespace grove::http
