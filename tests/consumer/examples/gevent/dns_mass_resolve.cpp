// Looks up many names, ten at a time, and prints their addresses.   dns_mass_resolve NAME...
#include <iostream>
#include <string>
#include <vector>

#include <grove/pool.h>

using namespace std::chrono_literals;

int main(int count, char** arguments) {
    const std::vector<std::string> names{arguments + 1, arguments + count};
    grove::Pool pool{10};
    std::size_t found = 0;
    const bool in_time = grove::try_for(30s, [&] {
        pool.map(
            [&](const std::string& name) {
                try {
                    const auto addresses = grove::resolve(name, 0, 10s);
                    std::cout << name << " = " << addresses.front().host() << std::endl;
                    ++found;
                } catch (const std::system_error& error) {
                    std::cout << name << " failed: " << error.what() << std::endl;
                }
            },
            names);
    });
    std::cout << found << " of " << names.size() << " found\n";
    return in_time && found == names.size() ? 0 : 1;
}
