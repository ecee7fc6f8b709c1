// unusable.h - the fault for which the program ends with kExitUsage.
#pragma once

#include <stdexcept>

namespace grove::http {

/// What the program was told to serve cannot be served. Whole lines that say where the fault is: nothing is put before
/// them.
class Unusable : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

}  // namespace grove::http
