#include "scripted_server.h"
