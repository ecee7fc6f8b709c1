// version.h - the version of grove that a program was compiled with.
#pragma once

#define GROVE_VERSION_MAJOR 0
#define GROVE_VERSION_MINOR 1
#define GROVE_VERSION_PATCH 0
#define GROVE_VERSION "0.1.0"
