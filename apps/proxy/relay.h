// relay.h - passes a request on to an upstream, and its answer to the client.
#pragma once

#include <grove/http/application.h>

#include "peers.h"

/// The application. @param peers  must outlive the answer's body
/// @throws grove::http::HttpError 400: the request cannot be passed on; 502: no upstream has answered as HTTP wants it;
/// 504: one did not in time. grove::http::ClientDisconnected: the client has gone, and the upstream was given up
grove::http::Body relay(Peers& peers, grove::http::Environ& request,
                        grove::http::StartResponse& start_response);
