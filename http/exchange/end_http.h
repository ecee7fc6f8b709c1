// end_http.h - a request whose answer is a 101: its head leaves, and what follows on the connection is not HTTP.
#pragma once

namespace grove::http {

class Environ;
class ServedRequest;

/// Sends the head that start_response("101 ...") was given. The time-outs of HTTP are over then. The socket stays the
/// connection's, for Environ::upgrade() to take or for a SwitchedProtocol to use. Blocks until the head is sent.
/// @return the environ's request. @throws as Environ::upgrade(), with nothing sent
ServedRequest& end_http(Environ& environ);

}  // namespace grove::http
