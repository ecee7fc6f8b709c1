// config_words.h - the words of keys that take one of a few, in the order of messages and schema, and their meaning.
#pragma once

#include <array>
#include <string_view>

#include "config.h"
#include "log_levels.h"

namespace grove::http {

template <class Value>
struct ConfigWord {
    std::string_view word;
    Value value;
};

inline constexpr std::array kAcceptWords{
    ConfigWord<Accept>{"reuseport", Accept::kReusePort},
    ConfigWord<Accept>{"shared", Accept::kShared},
};

inline constexpr std::array kClientWords{
    ConfigWord<ClientCertificates>{"optional", ClientCertificates::kOptional},
    ConfigWord<ClientCertificates>{"required", ClientCertificates::kRequired},
};

inline constexpr std::array kProxyProtocolWords{
    ConfigWord<ProxyProtocol>{"v1", ProxyProtocol::kV1},
    ConfigWord<ProxyProtocol>{"v2", ProxyProtocol::kV2},
};

inline constexpr std::array kForwardedWords{
    ConfigWord<Forwarded>{"x-forwarded", Forwarded::kXForwarded},
    ConfigWord<Forwarded>{"x-forwarded-all", Forwarded::kXForwardedAll},
    ConfigWord<Forwarded>{"forwarded", Forwarded::kForwarded},
};

inline constexpr std::array kTlsVersionWords{
    ConfigWord<TlsVersion>{"1.2", TlsVersion::k1_2},
    ConfigWord<TlsVersion>{"1.3", TlsVersion::k1_3},
};

inline constexpr std::array kAccessFormatWords{
    ConfigWord<AccessFormat>{"combined", AccessFormat::kCombined},
    ConfigWord<AccessFormat>{"json", AccessFormat::kJson},
};

constexpr ConfigWord<LogLevel> config_word(LogLevel level) { return {word_of(level), level}; }

inline constexpr std::array kLevelWords{
    config_word(LogLevel::kError), config_word(LogLevel::kWarn),  config_word(LogLevel::kInfo),
    config_word(LogLevel::kDebug), config_word(LogLevel::kTrace),
};

}  // namespace grove::http
