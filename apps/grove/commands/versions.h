// versions.h - what `grove --version` answers.
#pragma once

#include <string>

/// A line for grove, one for each library it stands on, one for the loop in use, and one for each of HTTP/2, WebSocket
/// and Python.
std::string versions_text();
