// plugin.h - everything that the author of a plugin includes.
#pragma once

#include <grove/http.h>
#include <grove/http/plugin.h>
