// plugin_abi.h - a plugin file's description of itself, and the one symbol it exports.
//
// The ELF note is read before any code of the plugin runs; only a plugin whose note equals the
// server's may hand over C++ objects and exceptions. The descriptor is plain data.
#pragma once

#include <cstddef>
#include <cstdint>

#include <grove/core/version.h>
#include <grove/http/headers_hash.h>

/// Raised with every change to a type or a function that a plugin sees.
#define GROVE_PLUGIN_ABI 4

#define GROVE_DETAIL_TEXT_OF(value) #value
#define GROVE_DETAIL_TEXT(value) GROVE_DETAIL_TEXT_OF(value)

#if defined(__clang__)
#define GROVE_DETAIL_COMPILER "clang-" GROVE_DETAIL_TEXT(__clang_major__)
#else
#define GROVE_DETAIL_COMPILER "gcc-" GROVE_DETAIL_TEXT(__GNUC__)
#endif

#if defined(_LIBCPP_VERSION)
#define GROVE_DETAIL_LIBRARY "libc++-abi" GROVE_DETAIL_TEXT(_LIBCPP_ABI_VERSION)
#elif defined(_GLIBCXX_DEBUG)
#define GROVE_DETAIL_LIBRARY "libstdc++-debug-cxx11abi" GROVE_DETAIL_TEXT(_GLIBCXX_USE_CXX11_ABI)
#else
#define GROVE_DETAIL_LIBRARY "libstdc++-cxx11abi" GROVE_DETAIL_TEXT(_GLIBCXX_USE_CXX11_ABI)
#endif

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GROVE_DETAIL_SANITIZER " address-sanitizer"
#elif __has_feature(thread_sanitizer)
#define GROVE_DETAIL_SANITIZER " thread-sanitizer"
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define GROVE_DETAIL_SANITIZER " address-sanitizer"
#elif defined(__SANITIZE_THREAD__)
#define GROVE_DETAIL_SANITIZER " thread-sanitizer"
#endif
#if !defined(GROVE_DETAIL_SANITIZER)
#define GROVE_DETAIL_SANITIZER ""
#endif

/// Must be the same on both sides, as must the ABI number: compiler, standard library, grove, and
/// the sanitizer if there is one; before grove's release, the headers, too.
#define GROVE_PLUGIN_SIGNATURE                     \
    GROVE_DETAIL_COMPILER " " GROVE_DETAIL_LIBRARY \
                          " grove-" GROVE_VERSION GROVE_DETAIL_HEADERS GROVE_DETAIL_SANITIZER

// Clang's address sanitizer puts a red zone around every global, even a section's only global: the
// section would not be a note then.
#if defined(__clang__)
#define GROVE_DETAIL_NO_RED_ZONE [[clang::no_sanitize("address")]]
#else
#define GROVE_DETAIL_NO_RED_ZONE
#endif

namespace grove::http {

/// The note in the section .note.grove: a SHT_NOTE of the owner "grove", type 1.
struct PluginNote {
    /// The layout is ELF's.
    /// @{
    std::uint32_t name_bytes = sizeof("grove");
    std::uint32_t description_bytes = sizeof(abi) + sizeof(signature);
    std::uint32_t type = 1;
    char name[8] = "grove";
    std::uint32_t abi = GROVE_PLUGIN_ABI;
    char signature[sizeof(GROVE_PLUGIN_SIGNATURE)] = GROVE_PLUGIN_SIGNATURE;
    /// @}
};

/// The type of the note that names the plugin.
inline constexpr std::uint32_t kPluginNameNoteType = 2;

/// The second note, with the plugin's name and version, to be read from the file.
template <std::size_t kNameBytes, std::size_t kVersionBytes>
struct PluginNameNote {
    /// The layout is ELF's. Both texts end in a zero byte.
    /// @{
    std::uint32_t name_bytes = sizeof("grove");
    std::uint32_t description_bytes = kNameBytes + kVersionBytes;
    std::uint32_t type = kPluginNameNoteType;
    char name[8] = "grove";
    char plugin[kNameBytes]{};
    char version[kVersionBytes]{};
    /// @}

    /// Made of two literals.
    constexpr PluginNameNote(const char (&of_plugin)[kNameBytes],
                             const char (&of_version)[kVersionBytes]) {
        for (std::size_t i = 0; i < kNameBytes; ++i) plugin[i] = of_plugin[i];
        for (std::size_t i = 0; i < kVersionBytes; ++i) version[i] = of_version[i];
    }
};

/// What a plugin's factory makes.
enum class PluginKind : std::uint32_t {
    kApplication = 0,  ///< By GROVE_PLUGIN; for "app".
    kMiddleware = 1,   ///< By GROVE_MIDDLEWARE; for "around".
};

/// The symbol `grove_plugin`.
struct PluginDescriptor {
    /// Takes the text of a fault; `sink` is the caller's.
    using Report = void (*)(void* sink, const char* text, std::size_t size);

    const char* name;     ///< As given to the macro.
    const char* version;  ///< As given to the macro.
    /// Calls the factory. @return an Application or a Middleware, as `kind` says, for destroy(), or
    /// null after `report` was called. Throws nothing.
    void* (*create)(const char* config, std::size_t size, Report report, void* sink) noexcept;
    void (*destroy)(void* created) noexcept;  ///< Destroys create()'s result. Throws nothing.
    PluginKind kind;                          ///< By which macro it was made.
    std::uint32_t flags;                      ///< 0: none are known yet.
    const void* reserved[4];                  ///< Null: room for what a later grove asks plugins.
};

}  // namespace grove::http
