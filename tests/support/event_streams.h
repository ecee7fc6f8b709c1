// event_streams.h - applications that answer with an event stream.
#pragma once

#include <functional>
#include <utility>

#include <grove/http/application.h>
#include <grove/http/event_stream.h>

namespace grove::test {

/// Each request gets a stream, which `use` has until it is over.
inline http::Application streaming(std::function<void(http::EventStream&)> use) {
    return [use = std::move(use)](http::Environ& environ, http::StartResponse& start) {
        http::EventStream events{environ, start};
        use(events);
        return http::Body{};
    };
}

}  // namespace grove::test
