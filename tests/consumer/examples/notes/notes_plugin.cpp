#include "notes_app.h"

GROVE_PLUGIN(notes, "0.1.0", make_notes);
