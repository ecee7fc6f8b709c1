// export.h - what is visible outside grove's shared libraries.
//
// Everything is built with hidden visibility; GROVE_EXPORT marks what a program or a plugin may
// use. Exception classes carry it too: their type information must be one object in the whole
// process.
#pragma once

#define GROVE_EXPORT __attribute__((visibility("default")))
