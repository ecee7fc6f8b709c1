#include "http2_connections.h"

#include <limits>
#include <stdexcept>
#include <utility>

#include "adequate_tls.h"
#include "service_terms.h"

namespace grove::http {
namespace {

constexpr std::size_t kMostOfWindow = std::numeric_limits<std::int32_t>::max();
constexpr std::size_t kLeastOfConnection = 65535;
constexpr std::size_t kCrowd = 64;

const Http2Options& checked(const Http2Options& options) {
    if (options.streams == 0 || options.streams > kMostOfWindow)
        throw std::invalid_argument{"http2.streams: must be from 1 to 2147483647"};
    if (options.stream_window == 0 || options.stream_window > kMostOfWindow)
        throw std::invalid_argument{"http2.stream_window: must be from 1 to 2147483647"};
    if (options.connection_window < kLeastOfConnection || options.connection_window > kMostOfWindow)
        throw std::invalid_argument{"http2.connection_window: must be from 65535 to 2147483647"};
    return options;
}

}  // namespace

std::unique_ptr<Multiplexing> Multiplexing::make(const Http2Options& options, const Parts& parts) {
    return std::make_unique<Http2Connections>(options, parts);
}

Http2Connections::Http2Connections(const Http2Options& options, const Multiplexing::Parts& service)
    : parts_{checked(options), service, frame_, fields_, out_, *this}, bury_{get_hub(), [this] {
                                                                                 destroy_dead();
                                                                             }} {}

Http2Connections::~Http2Connections() {
    close_all();
    destroy_dead();
}

void Http2Connections::begin(Connection& connection, const TlsInfo* tls) {
    // Each connection of a service is one.
    auto begun =
        std::make_unique<Http2Connection>(parts_, static_cast<WsgiConnection&>(connection));
    begun->begin(tls == nullptr || is_adequate(*tls));
    if (!parts_.service.connections.terms.keeps()) begun->retire();  // its handshake was under way
    all_.push_back(*begun.release());
}

// A member may leave at its call.
template <class Function>
void Http2Connections::for_each(Function function) noexcept {
    List rest;
    rest.swap(all_);
    while (!rest.empty()) {
        Http2Connection& one = rest.front();
        rest.pop_front();
        all_.push_back(one);
        function(one);
    }
}

void Http2Connections::retire() noexcept {
    for_each([](Http2Connection& one) { one.retire(); });
}

void Http2Connections::close_all() noexcept {
    for_each([](Http2Connection& one) { one.close(); });
}

bool Http2Connections::crowded() noexcept {
    if (begun_ < kCrowd) return false;
    if (!get_hub().served(last_)) return true;
    begun_ = 0;
    return false;
}

void Http2Connections::count_begun() noexcept {
    ++begun_;
    last_ = get_hub().last_turn();
}

void Http2Connections::bury(Http2Connection& over) noexcept {
    over.unlink();
    dead_.push_back(over);
    bury_.schedule();
}

void Http2Connections::destroy_dead() noexcept {
    while (!dead_.empty()) {
        const std::unique_ptr<Http2Connection> over{&dead_.front()};
        dead_.pop_front();
    }
}

}  // namespace grove::http
