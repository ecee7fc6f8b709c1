#include "@NAME@_app.h"

GROVE_PLUGIN(@NAME@, "0.1.0", make_@NAME@);
