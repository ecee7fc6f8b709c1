// version.h - the version of grove that a program was compiled with. The build reads it here, too.
#pragma once

#define GROVE_VERSION_MAJOR 0
#define GROVE_VERSION_MINOR 2
#define GROVE_VERSION_PATCH 0
#define GROVE_VERSION "0.2.0-dev"
