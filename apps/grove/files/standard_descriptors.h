// standard_descriptors.h - that input, output and error are open, whoever started the program.
#pragma once

/// Those of 0, 1 and 2 that are closed become /dev/null: else the next file that is opened is one of them, and
/// what is meant for a terminal is written into it. To be called before anything else.
/// Ends the process if there is no /dev/null.
void open_standard_descriptors();
