#include "switching.h"

namespace grove {

constinit Switching switching;

}  // namespace grove
