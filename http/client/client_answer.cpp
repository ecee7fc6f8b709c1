#include <grove/http/client_answer.h>

#include <utility>

#include "pulled_answer.h"

namespace grove::http {

ClientAnswer::ClientAnswer(std::unique_ptr<PulledAnswer> answer) noexcept
    : answer_{std::move(answer)} {}
ClientAnswer::ClientAnswer(ClientAnswer&& other) noexcept = default;
ClientAnswer& ClientAnswer::operator=(ClientAnswer&& other) noexcept = default;
ClientAnswer::~ClientAnswer() = default;

int ClientAnswer::status() const noexcept { return answer_->status(); }
const Headers& ClientAnswer::headers() const noexcept { return answer_->headers(); }
std::string_view ClientAnswer::header(std::string_view name) const noexcept {
    const std::string* const value = find(answer_->headers(), name);
    return value != nullptr ? std::string_view{*value} : std::string_view{};
}
const std::string& ClientAnswer::url() const { return answer_->url(); }
const Headers& ClientAnswer::trailers() const noexcept { return answer_->trailers(); }

std::string ClientAnswer::read(std::ptrdiff_t n) { return answer_->read(n); }
std::string ClientAnswer::read_all(std::size_t limit) { return answer_->read_all(limit); }
std::optional<std::string> ClientAnswer::next() { return answer_->next(); }
Stream& ClientAnswer::upgrade() { return answer_->upgrade(); }

}  // namespace grove::http
