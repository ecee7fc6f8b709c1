// forwarded_fields.h - the fields of a request as its upstream gets them, and of an answer as the client does.
#pragma once

#include <string_view>

#include <grove/http/environ.h>
#include <grove/http/headers.h>

/// Made anew from the environ, whose fields were parsed, so that an upstream reads them as grove did: one field of each
/// name, Host and those of the connection apart. X-Forwarded-For, -Proto and -Host of a trusted peer are kept; of any
/// other peer they, all of that kind, Forwarded and X-Real-IP are dropped, and tell what grove knows of its client.
/// grove.request_id is the X-Request-Id, and grove.traceparent the traceparent.
/// @param host  the Host field; "": none is made, which leaves it to whoever sends
/// @throws grove::http::HttpError 400 if Connection names more fields than one would
grove::http::Headers request_fields(const grove::http::Environ& request, std::string_view host);

/// Without those of the upstream's connection.
/// @throws grove::http::HttpError 502 if Connection names more fields than one would
grove::http::Headers answer_fields(const grove::http::Headers& received);

/// The request asks for a WebSocket: the one protocol that is passed on. By others, such as h2c, a client could ask an
/// upstream for what the proxy never sees.
bool asks_for_websocket(const grove::http::Environ& request);
