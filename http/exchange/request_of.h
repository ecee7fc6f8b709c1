// request_of.h - the request behind an environ: for protocols that begin as a request.
#pragma once

namespace grove::http {

class Environ;
class ServedRequest;

/// Valid as long as the environ; longer if it is retained.
[[nodiscard]] ServedRequest& request_of(const Environ& environ) noexcept;

}  // namespace grove::http
