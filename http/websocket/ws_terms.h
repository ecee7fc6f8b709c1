// ws_terms.h - what bounds a WebSocket, and what was agreed on. Idle WebSockets are many: those of equal terms share them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <grove/core/duration.h>

#include "ws_reader.h"

namespace grove::http {

struct WsTerms {
    ReaderLimits limits{};
    Timespan ping{};
    Timespan pong{};
    Timespan write{};
    std::uint64_t write_rate = 0;
    std::string protocol{};
    int window_bits = 0;  // of permessage-deflate; 0: it was not agreed on

    bool operator==(const WsTerms&) const = default;
};

struct SharedWsTerms : boost::intrusive_ref_counter<SharedWsTerms, boost::thread_unsafe_counter> {
    explicit SharedWsTerms(WsTerms own) : terms{std::move(own)} {}
    const WsTerms terms;
};
using WsTermsPtr = boost::intrusive_ptr<const SharedWsTerms>;

}  // namespace grove::http
