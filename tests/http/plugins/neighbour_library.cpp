// The library that the plugin `neighbour` finds by $ORIGIN in its run path.
extern "C" __attribute__((visibility("default"))) const char* neighbour_word();

const char* neighbour_word() { return "a word from beside"; }
