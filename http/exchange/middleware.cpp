#include <grove/http/middleware.h>

#include <stdexcept>
#include <utility>

namespace grove::http {

Application chain(Application inner, std::vector<Middleware> middlewares) {
    if (!inner) throw std::invalid_argument{"chain: there is no application"};
    for (const Middleware& middleware : middlewares) {
        if (!middleware) throw std::invalid_argument{"chain: a middleware is empty"};
    }
    while (!middlewares.empty()) {
        inner = middlewares.back()(std::move(inner));
        if (!inner) throw std::invalid_argument{"chain: a middleware returned no application"};
        middlewares.pop_back();
    }
    return inner;
}

}  // namespace grove::http
