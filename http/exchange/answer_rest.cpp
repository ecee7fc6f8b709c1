#include "answer_rest.h"

#include <utility>

#include "request_state.h"
#include "response.h"

namespace grove::http {

bool AnswerRest::send(Body& body) {
    if (response_.send(body)) return true;
    leave(std::move(body));
    return false;
}

void AnswerRest::leave(Body&& body) {
    if (request_.output.empty()) request_.output.shrink_to_fit();
    body_ = std::move(body);
}

Sending AnswerRest::send_more() {
    if (body_) {
        const Sending step = response_.send_more(body_->content());
        if (step != Sending::kAll) return step;
        body_.reset();
        return Sending::kMore;
    }
    if (request_.output.empty()) return Sending::kAll;
    if (AnswerOutput::send_some(request_, {}) < 0) return Sending::kFull;
    return request_.output.empty() ? Sending::kAll : Sending::kMore;
}

}  // namespace grove::http
