#include "tls_error.h"

#include <openssl/err.h>

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

TlsError::~TlsError() = default;

void throw_tls_error(const std::string& what) {
    const unsigned long code = ::ERR_peek_last_error();
    ::ERR_clear_error();
    throw TlsError{static_cast<int>(code), category(), what};
}

void throw_tls_error(int system_error, const std::string& what) {
    ::ERR_clear_error();
    throw TlsError{system_error, std::generic_category(), what};
}

}  // namespace grove
