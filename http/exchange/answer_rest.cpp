#include "answer_rest.h"

#include <string>
#include <utility>

#include "answer_output.h"
#include "request_state.h"
#include "response.h"

namespace grove::http {

bool AnswerRest::send(Body& body) {
    if (response_.send(body)) return true;
    std::string& output = response_.request_.output;
    if (output.empty()) output.shrink_to_fit();
    body_ = std::move(body);
    return false;
}

bool AnswerRest::flush() { return AnswerOutput::flush_some(response_.request_); }

Sending AnswerRest::send_more() {
    if (body_) {
        const Sending step = response_.send_more(body_->content());
        if (step != Sending::kAll) return step;
        body_.reset();
        return Sending::kMore;
    }
    RequestState& request = response_.request_;
    if (request.output.empty()) return Sending::kAll;
    if (AnswerOutput::send_some(request, {}) < 0) return Sending::kFull;
    return request.output.empty() ? Sending::kAll : Sending::kMore;
}

}  // namespace grove::http
