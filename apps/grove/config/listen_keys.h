// listen_keys.h - rows of the table of keys: the addresses where grove accepts connections, with their TLS.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "config_key.h"
#include "config_words.h"
#include "key_checks.h"
#include "key_paths.h"

namespace grove::http {

/// @throws std::invalid_argument  it is not the name of a host, or is there already
void add_host(TlsConfig& tls, std::string host);
/// The certificate whose keys are being read. @pre it belongs to the last host of the last address
CertificateConfig& last_certificate_of_names(Config& config);

inline constexpr std::size_t kMostTicketSeconds = 604800;  // RFC 8446, section 4.6.1
inline constexpr std::string_view kPemFile = "the path of a file";
inline constexpr std::string_view kOcspHelp =
    "File with an OCSP response about the certificate, in DER, shown to clients that ask for it.";
inline constexpr std::string_view kNamesOfOpenSsl = "names as OpenSSL has them";
inline constexpr TextKey kListenAddress{
    [](Config& c) -> std::string& { return c.listen.back().address; }, kAddressAllowed,
    resolve_address, check_address, kAddressPattern};

inline constexpr std::array kListenKeys{
    ConfigKey{"/listen", "The addresses where grove accepts connections.",
              ListKey{[](Config& c) { c.listen.clear(); },
                      [](Config& c, std::string place) {
                          c.listen.emplace_back().place = std::move(place);
                      },
                      [](const Config& c) { return c.listen.empty(); }}},
    ConfigKey{"/listen/*", "An address, or an object with an address and further settings.",
              TextOrSectionKey{kListenAddress}},
    ConfigKey{"/listen/*/address",
              "host:port (a name stands for all its addresses), [v6]:port, :port for all "
              "interfaces, or unix:/path.",
              kListenAddress, true},
    ConfigKey{"/listen/*/defer_accept",
              "Accept a connection only once the client has sent something.",
              BoolKey{[](Config& c) -> bool& { return c.listen.back().defer_accept; }}},
    ConfigKey{"/listen/*/mode", "The mode of a unix socket's file, such as \"0660\".",
              TextKey{[](Config& c) -> std::string& { return c.listen.back().mode; }, kModeAllowed,
                      nullptr, check_mode, kModePattern}},
    ConfigKey{"/listen/*/proxy_protocol",
              "trusted_proxies begin each connection with a PROXY header of that version; true: of "
              "either version. Other connections are refused.",
              SwitchKey<ProxyProtocol>{
                  [](Config& c) -> ProxyProtocol& { return c.listen.back().proxy_protocol; },
                  ProxyProtocol::kNone, ProxyProtocol::kAny, kProxyProtocolWords}},
    ConfigKey{"/listen/*/h2c", "Without tls: clients that know HTTP/2 is spoken here may speak it.",
              BoolKey{[](Config& c) -> bool& { return c.listen.back().h2c; }}},
    ConfigKey{"/listen/*/tls", "Speak TLS at this address.", SectionKey{[](Config& c) {
                  ListenConfig& listen = c.listen.back();
                  listen.tls.emplace().place = listen.place + "/tls";
              }}},
    ConfigKey{"/listen/*/tls/certificate", "PEM file with the certificate chain.",
              TextKey{[](Config& c) -> std::string& { return c.listen.back().tls->certificate; },
                      kPemFile, resolve_path},
              true},
    ConfigKey{"/listen/*/tls/key", "PEM file with its private key, without a password.",
              TextKey{[](Config& c) -> std::string& { return c.listen.back().tls->key; }, kPemFile,
                      resolve_path},
              true},
    ConfigKey{"/listen/*/tls/ocsp", kOcspHelp,
              TextKey{[](Config& c) -> std::string& { return c.listen.back().tls->ocsp; }, kPemFile,
                      resolve_path}},
    ConfigKey{
        "/listen/*/tls/names",
        "Certificates by the host that a client asks for (SNI): the entry with that name is "
        "used, else the entry with the longest \"*.\" suffix.",
        MapKey{[](Config& c) { c.listen.back().tls->names.clear(); },
               [](Config& c, std::string name) { add_host(*c.listen.back().tls, std::move(name)); },
               "an object with host names for its keys", R"(^(\*\.)?[A-Za-z0-9._-]+$)"}},
    ConfigKey{"/listen/*/tls/names/*",
              "The certificate of one host, or a list with one certificate for each kind of key "
              "(EC, RSA).",
              SectionsKey{[](Config& c, std::string place) {
                  c.listen.back().tls->names.back().certificates.emplace_back().place =
                      std::move(place);
              }}},
    ConfigKey{
        "/listen/*/tls/names/*/certificate", "PEM file with the certificate chain.",
        TextKey{[](Config& c) -> std::string& { return last_certificate_of_names(c).certificate; },
                kPemFile, resolve_path},
        true},
    ConfigKey{"/listen/*/tls/names/*/key", "PEM file with its private key, without a password.",
              TextKey{[](Config& c) -> std::string& { return last_certificate_of_names(c).key; },
                      kPemFile, resolve_path},
              true},
    ConfigKey{"/listen/*/tls/names/*/ocsp", kOcspHelp,
              TextKey{[](Config& c) -> std::string& { return last_certificate_of_names(c).ocsp; },
                      kPemFile, resolve_path}},
    ConfigKey{"/listen/*/tls/client_ca",
              "PEM file with the authorities that sign the clients' certificates.",
              TextKey{[](Config& c) -> std::string& { return c.listen.back().tls->client_ca; },
                      kPemFile, resolve_path}},
    ConfigKey{
        "/listen/*/tls/client",
        "Whether a client must have a certificate; with client_ca the default is \"required\".",
        ChoiceKey<ClientCertificates>{
            [](Config& c) -> ClientCertificates& { return c.listen.back().tls->client; },
            kClientWords},
        false, "client_ca"},
    ConfigKey{"/listen/*/tls/client_crl",
              "PEM file of revoked certificates: a list from each authority in a client's chain.",
              TextKey{[](Config& c) -> std::string& { return c.listen.back().tls->client_crl; },
                      kPemFile, resolve_path},
              false, "client_ca"},
    ConfigKey{"/listen/*/tls/min_version", "The oldest version of TLS that is spoken.",
              ChoiceKey<TlsVersion>{
                  [](Config& c) -> TlsVersion& { return c.listen.back().tls->min_version; },
                  kTlsVersionWords}},
    ConfigKey{"/listen/*/tls/ciphers",
              "OpenSSL's list for TLS 1.2; absent: only ECDHE with AEAD (RFC 9325).",
              TextKey{[](Config& c) -> std::string& { return c.listen.back().tls->ciphers; },
                      kNamesOfOpenSsl, nullptr, check_printable, kPrintablePattern}},
    ConfigKey{"/listen/*/tls/ciphersuites", "OpenSSL's list for TLS 1.3; absent: its default.",
              TextKey{[](Config& c) -> std::string& { return c.listen.back().tls->ciphersuites; },
                      kNamesOfOpenSsl, nullptr, check_printable, kPrintablePattern}},
    ConfigKey{"/listen/*/tls/groups",
              "OpenSSL's list for the exchange of keys, such as \"X25519:secp384r1\"; absent: only "
              "curves.",
              TextKey{[](Config& c) -> std::string& { return c.listen.back().tls->groups; },
                      kNamesOfOpenSsl, nullptr, check_printable, kPrintablePattern}},
    ConfigKey{
        "/listen/*/tls/ticket_lifetime",
        "Seconds in which a session can be resumed, at most seven days; 0: no session is resumed.",
        CountKey{[](Config& c) -> std::size_t& { return c.listen.back().tls->ticket_lifetime; }, 0,
                 kMostTicketSeconds, std::nullopt}},
};

}  // namespace grove::http
