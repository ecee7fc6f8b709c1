// without_memory_files PROGRAM [ARGUMENT...] - PROGRAM as it runs where vm.memfd_noexec is 2. Exit 77: the kernel
// cannot be made to refuse.
#include <unistd.h>

#include "forbidden_code.h"

int main(int, char** arguments) {
    if (!grove::forbid_code_in_memory()) return 77;
    ::execv(arguments[1], arguments + 1);
    return 1;
}
