#include "request_terms.h"

#include "path_info.h"

namespace grove::http {

// Most servers have no such mounts: their request reader needs no stack for it.
[[gnu::noinline]] Refusal choose_mount(RequestState& request) {
    const RequestHead& head = request.head;
    request.mount = request.terms.mounts->find(path_info_of(request));
    if (const Refusal refusal = request.terms.mounts->check(head.method, request.mount))
        return refusal;
    if (head.content_length.value_or(0) > limits_of(request).body)
        return Refusal{413, "Content-Length over the limit"};
    return {};
}

}  // namespace grove::http
