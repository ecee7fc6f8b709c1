// Must not compile: the function takes another number of arguments.
#include <tuple>

#include <grove/pool.h>

void wrong(grove::Group& group) {
    group.apply([](int a, int b) { return a + b; }, std::tuple{1});
}
