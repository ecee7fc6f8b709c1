#include "tls_error.h"

#include <openssl/err.h>
#include <openssl/pemerr.h>

namespace grove {
namespace {

class OpensslCategory final : public std::error_category {
public:
    [[nodiscard]] const char* name() const noexcept override { return "tls"; }
    [[nodiscard]] std::string message(int code) const override {
        const char* text = ::ERR_reason_error_string(static_cast<unsigned long>(code));
        return text != nullptr ? text : "TLS error " + std::to_string(code);
    }
};

const OpensslCategory& category() noexcept {
    static const OpensslCategory instance;
    return instance;
}

}  // namespace

void throw_tls_error(const std::string& what) {
    const unsigned long code = ::ERR_peek_last_error();
    ::ERR_clear_error();
    throw TlsError{static_cast<int>(code), category(), what};
}

void throw_tls_error(int system_error, const std::string& what) {
    ::ERR_clear_error();
    throw TlsError{system_error, std::generic_category(), what};
}

void throw_option_error(const TlsOption& option, const std::string& what) {
    const auto code = static_cast<int>(::ERR_peek_last_error());
    ::ERR_clear_error();
    throw TlsOptionError{{code, category()}, what, option.which, option.certificate};
}

void throw_option_error(const TlsOption& option, int system_error, const std::string& what) {
    ::ERR_clear_error();
    throw TlsOptionError{
        {system_error, std::generic_category()}, what, option.which, option.certificate};
}

void throw_encrypted(const TlsOption& option) {
    ::ERR_clear_error();
    const std::error_code code{
        static_cast<int>(ERR_PACK(ERR_LIB_PEM, 0, PEM_R_UNSUPPORTED_ENCRYPTION)), category()};
    throw TlsOptionError{code, option.name + " is encrypted, must be without a password",
                         option.which, option.certificate};
}

}  // namespace grove
