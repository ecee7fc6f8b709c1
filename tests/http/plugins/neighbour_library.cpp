// The library that the plugin `neighbour` finds by $ORIGIN in its run path.
extern "C" const char* deep_word();
extern "C" __attribute__((visibility("default"))) const char* neighbour_word();

const char* neighbour_word() { return deep_word(); }
