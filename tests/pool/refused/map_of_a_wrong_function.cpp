// Must not compile: the function does not take the items.
#include <string>
#include <vector>

#include <grove/pool.h>

void wrong(grove::Pool& pool, std::vector<int>& numbers) {
    pool.map([](std::string text) { return text; }, numbers);
}
