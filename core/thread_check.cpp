#include "thread_check.h"

namespace grove {

void refuse_thread(const char* call) {
    throw std::logic_error{
        std::string{call} +
        " was called from a thread other than the object's; use Hub::run_threadsafe"};
}

}  // namespace grove
