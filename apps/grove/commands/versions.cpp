#include "versions.h"

#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include <llhttp.h>
#include <nghttp2/nghttp2ver.h>
#include <openssl/crypto.h>
#include <zlib.h>
#include <boost/version.hpp>

#include <grove/core/detail/loop.h>
#include <grove/core/hub.h>
#include <grove/core/version.h>

#include "elf_needs.h"
#include "install_layout.h"
#include "one_line.h"
#include "read_file.h"

namespace {

constexpr std::size_t kMostPluginBytes = std::size_t{256} << 20;

/// The version in the name of the library that the plugin for Python was linked with.
std::string python_text() {
    const std::filesystem::path plugin = shipped_plugins() / "wsgi.so";
    std::error_code none;
    if (!exists(plugin, none)) return "python: there is no plugin wsgi beside this grove";
    try {
        constexpr std::string_view prefix = "libpython";
        const std::string bytes = grove::http::read_file(plugin, kMostPluginBytes);
        for (const std::string& library : grove::http::find_elf_needs(bytes).libraries) {
            if (library.starts_with(prefix)) {  // libpython3.11.so.1.0
                return "python " +
                       library.substr(prefix.size(), library.find(".so") - prefix.size()) +
                       " (plugin wsgi)";
            }
        }
        return "python: the plugin wsgi names no libpython";
    } catch (const std::exception& error) {
        return one_line("python: " + std::string{error.what()});
    }
}

}  // namespace

std::string versions_text() {
    const auto text = [](int number) { return std::to_string(number); };
    std::string boost = BOOST_LIB_VERSION;  // "1_74"
    boost[boost.find('_')] = '.';
    return "grove " GROVE_VERSION "\nllhttp " + text(LLHTTP_VERSION_MAJOR) + "." +
           text(LLHTTP_VERSION_MINOR) + "." + text(LLHTTP_VERSION_PATCH) +
           " (" GROVE_LLHTTP_SOURCE ")\n" + OpenSSL_version(OPENSSL_VERSION) + "\nBoost " + boost +
           "\nloop " + std::string{grove::get_hub().loop().name()} +
           "\nhttp2 (nghttp2 " NGHTTP2_VERSION
           ")\nwebsocket 13 (permessage-deflate, zlib " ZLIB_VERSION ")\n" +
           python_text();
}
