#include "tunnel.h"

#include <cstddef>
#include <exception>
#include <string>

#include <grove/core/errors.h>
#include <grove/core/event.h>
#include <grove/pool/group_scope.h>

namespace {

using grove::Deadline;
using grove::SocketTimeout;
using grove::Stream;

constexpr std::size_t kPiece = 16384;  // in each direction

class Tunnel {
public:
    explicit Tunnel(grove::Timespan idle) : idle_{idle}, quiet_{idle} {}

    void run(Stream& client, Stream& upstream) {
        grove::GroupScope both;
        both.spawn([&] { pass(client, upstream); });
        both.spawn([&] { pass(upstream, client); });
        over_.wait();
        both.kill();
    }

private:
    void pass(Stream& from, Stream& to) {
        try {
            std::string piece(kPiece, '\0');
            while (const std::size_t got = receive(from, piece)) {
                to.sendall({piece.data(), got}, idle_);
                quiet_ = Deadline{idle_};
            }
            to.shutdown_write();
            if (++ended_ == 2) over_.set();
        } catch (const std::exception&) {
            over_.set();  // one is broken, or the time has passed: neither is of use
        }
    }

    // What comes the other way counts, too.
    std::size_t receive(Stream& from, std::string& piece) {
        for (;;) {
            try {
                const std::size_t got = from.recv(piece, quiet_.left());
                quiet_ = Deadline{idle_};
                return got;
            } catch (const SocketTimeout&) {
                if (quiet_.passed()) throw;
            }
        }
    }

    grove::Timespan idle_;
    Deadline quiet_;
    grove::Event over_{};
    int ended_ = 0;
};

}  // namespace

void tunnel(Stream& client, Stream& upstream, grove::Timespan idle) {
    Tunnel{idle}.run(client, upstream);
}
