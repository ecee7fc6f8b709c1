// The library that neighbour_library finds by $ORIGIN in its own run path.
extern "C" __attribute__((visibility("default"))) const char* deep_word();

const char* deep_word() { return "a word from beside"; }
