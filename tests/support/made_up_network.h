// made_up_network.h - host names, and a kernel without IPv6: what the C library says of them is made up.
//
// Linked into a test, it answers for all libraries of the process. Preloaded into a program (LD_PRELOAD), it does the
// same there, with GROVE_TEST_IPV6=absent or =disabled.
//
// two.test: 127.0.0.1 and 127.0.0.2; both.test: ::1 and 127.0.0.1; six.test: ::1; twice.test: 127.0.0.1, told twice;
// far.test: 127.0.0.1 and 192.0.2.1, which no machine has; dead.test is never answered. Other names are the system's.
#pragma once

namespace grove::test {

enum class Ipv6 {
    kAsItIs,
    kAbsent,    ///< ipv6.disable=1: there are no such sockets.
    kDisabled,  ///< net.ipv6.conf.all.disable_ipv6=1, at its strictest: no such address can be bound.
};

/// As long as it lives.
class MadeUpIpv6 {
public:
    explicit MadeUpIpv6(Ipv6 how);
    ~MadeUpIpv6();
    MadeUpIpv6(const MadeUpIpv6&) = delete;
    MadeUpIpv6& operator=(const MadeUpIpv6&) = delete;
};

}  // namespace grove::test
