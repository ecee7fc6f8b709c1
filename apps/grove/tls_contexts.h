// tls_contexts.h - what a listener of the configuration needs to speak TLS.
#pragma once

#include <memory>

#include <grove/core/tls.h>
#include <grove/http/config.h>

/// Opens its certificates and keys. nullptr: the listener is plain.
/// @throws grove::http::ConfigError that names the listener and the file
std::shared_ptr<grove::TlsContext> make_tls_context(const grove::http::ListenConfig& listen);
