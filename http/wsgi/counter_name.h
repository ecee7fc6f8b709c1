// counter_name.h - what may be told to Prometheus as a name, a help or a label.
#pragma once

namespace grove::http {

struct CounterName;

/// Orders the labels. @throws std::invalid_argument  what counter() forbids, but for the name of another kind
void check_counter_name(CounterName& wanted);

}  // namespace grove::http
