#include "versions.h"

#include <llhttp.h>
#include <openssl/crypto.h>
#include <boost/version.hpp>

#include <grove/core/detail/loop.h>
#include <grove/core/hub.h>
#include <grove/core/version.h>

std::string versions_text() {
    const auto text = [](int number) { return std::to_string(number); };
    std::string boost = BOOST_LIB_VERSION;  // "1_74"
    boost[boost.find('_')] = '.';
    return "grove " GROVE_VERSION "\nllhttp " + text(LLHTTP_VERSION_MAJOR) + "." +
           text(LLHTTP_VERSION_MINOR) + "." + text(LLHTTP_VERSION_PATCH) +
           " (" GROVE_LLHTTP_SOURCE ")\n" + OpenSSL_version(OPENSSL_VERSION) + "\nBoost " + boost +
           "\nloop " + std::string{grove::get_hub().loop().name()};
}
