// http2_connections.h - the connections of one service that speak HTTP/2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <boost/intrusive/list.hpp>

#include <grove/core/hub.h>

#include "http2_connection.h"
#include "multiplexing.h"
#include "small_blocks.h"

namespace grove::http {

class Http2Connections final : public Multiplexing {
public:
    /// @throws std::invalid_argument  an option is out of its range
    Http2Connections(const Http2Options& options, const Multiplexing::Parts& service);
    ~Http2Connections() override;

    void begin(Connection& connection, const TlsInfo* tls) override;
    void retire() noexcept override;
    void close_all() noexcept override;

    /// So many requests have begun that they should run before more are read: a crowd would not fit the processor's caches.
    [[nodiscard]] bool crowded() noexcept;
    void count_begun() noexcept;

    /// It has let go of its client, and is destroyed at the hub's next turn: it may be the caller.
    void bury(Http2Connection& over) noexcept;

private:
    using List = boost::intrusive::list<Http2Connection, boost::intrusive::base_hook<LineHook>,
                                        boost::intrusive::constant_time_size<false>>;
    template <class Function>
    void for_each(Function function) noexcept;
    void destroy_dead() noexcept;

    // These outlive them.
    SmallBlocks blocks_;
    SharedFrame frame_{true, blocks_.memory()};
    Http2Fields fields_;
    std::string out_;
    const Http2Connection::Parts parts_;
    List all_;
    List dead_;
    std::size_t begun_ = 0;   // of the crowd
    std::uint64_t last_ = 0;  // the turn of its last one
    HubCall bury_;
};

}  // namespace grove::http
