// What a worker's core tells of its private keys: nothing. O-079
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/resource.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "file_content.h"
#include "program.h"
#include "sanitized.h"
#include "serving.h"
#include "supervised.h"
#include "temporary_folder.h"
#include "test_certificates.h"

namespace grove {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// The beginning of what the kernel calls a core.
std::string core_name() {
    std::string pattern;
    std::getline(std::ifstream{"/proc/sys/kernel/core_pattern"}, pattern);
    return pattern.substr(0, pattern.find('%'));
}

std::string why_no_core() {
#if defined(GROVE_TEST_SANITIZED)
    return "a sanitizer lets no core be written";
#endif
    rlimit limit{};
    ::getrlimit(RLIMIT_CORE, &limit);
    if (limit.rlim_max == 0) return "the hard limit of cores is 0 here";
    const std::string name = core_name();
    return !name.empty() && name.find_first_of("|/") == name.npos
               ? ""
               : "the kernel's core_pattern leads elsewhere: " + name;
}

/// A number as memory may hold it.
struct Number {
    std::string name;
    std::string big{};     // as it is written: DER, PKCS#8
    std::string little{};  // as OpenSSL computes with it
};

Number number_of(EVP_PKEY* key, const char* name) {
    BIGNUM* value = nullptr;
    if (::EVP_PKEY_get_bn_param(key, name, &value) != 1)
        throw std::runtime_error{"no " + std::string{name}};
    const int bytes = (::BN_num_bits(value) + 7) / 8;
    std::vector<unsigned char> digits(static_cast<std::size_t>(bytes));
    ::BN_bn2binpad(value, digits.data(), bytes);
    Number number{.name = name, .big = {digits.begin(), digits.end()}};
    number.little.assign(number.big.rbegin(), number.big.rend());
    ::BN_clear_free(value);
    return number;
}

using KeyPtr = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;

KeyPtr key_in(const std::string& file) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream{std::fopen(file.c_str(), "r"),
                                                                 &std::fclose};
    return {::PEM_read_PrivateKey(stream.get(), nullptr, nullptr, nullptr), &::EVP_PKEY_free};
}

// The second line of a PEM file: the first is the same in all.
std::string line_of(const std::string& file) {
    std::ifstream stream{file};
    std::string line;
    std::getline(stream, line);
    std::getline(stream, line);
    return line;
}

TEST(Secrets, AreInNoCoreOfAWorkerThatHasUsedThem) {
    if (const std::string why = why_no_core(); !why.empty()) GTEST_SKIP() << why;
    const TemporaryFolder folder;
    const TemporaryFolder issued;
    test::Authority authority{issued.path()};
    const auto issue = [&](const char* name, test::KeyKind kind) {
        return authority.issue(name, {std::string{"DNS:"} + name}, std::chrono::hours{1}, kind);
    };
    const TlsCertificate ec = issue("ec.test", test::KeyKind::kEc);
    const TlsCertificate rsa = issue("rsa.test", test::KeyKind::kRsa);
    std::ofstream{folder.path() / "grove.json"}
        << R"({"listen": [{"address": "127.0.0.1:0", "tls": {"certificate": ")" << ec.chain_file
        << R"(", "key": ")" << ec.key_file << R"(", "names": {"rsa.test": {"certificate": ")"
        << rsa.chain_file << R"(", "key": ")" << rsa.key_file
        << R"("}}}}], "apps": [{"app": "hello"}], "log": {"access": "off"}})";
    {
        Serving server{
            {"/bin/sh", "-c", "cd \"$1\" && ulimit -c unlimited && exec \"$2\" serve grove.json",
             "sh", folder.path(), GROVE_TEST_BINARY},
            (folder.path() / "output").string()};
        for (const char* name : {"ec.test", "rsa.test", "rsa.test"}) {
            for (const char* version : {"-tls1_2", "-tls1_3"}) {
                const std::string command =
                    "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | openssl s_client -ign_eof -connect "
                    "127.0.0.1:" +
                    std::to_string(server.port) + " -servername " + name + " " + version + " 2>&1";
                EXPECT_THAT(run_program({"/bin/sh", "-c", command}).output, HasSubstr("World!"));
            }
        }
        const pid_t worker = server.workers().at(0);
        ::kill(worker, SIGABRT);
        while (server.program.read_error_line().find("was ended by signal 6") ==
               std::string::npos) {
        }
    }
    std::string core;
    for (const fs::directory_entry& entry : fs::directory_iterator{folder.path()}) {
        if (entry.path().filename().string().starts_with(core_name()))
            core = content_of(entry.path());
    }
    const KeyPtr ec_key = key_in(ec.key_file);
    const KeyPtr rsa_key = key_in(rsa.key_file);
    // It is whole: what everybody may know is there.
    EXPECT_NE(core.find(number_of(rsa_key.get(), OSSL_PKEY_PARAM_RSA_N).big), core.npos);

    std::vector<Number> secrets{number_of(ec_key.get(), OSSL_PKEY_PARAM_PRIV_KEY)};
    for (const char* name : {OSSL_PKEY_PARAM_RSA_D, OSSL_PKEY_PARAM_RSA_FACTOR1,
                             OSSL_PKEY_PARAM_RSA_FACTOR2, OSSL_PKEY_PARAM_RSA_EXPONENT1,
                             OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1})
        secrets.push_back(number_of(rsa_key.get(), name));
    for (const Number& secret : secrets) {
        EXPECT_EQ(core.find(secret.big), core.npos) << secret.name;
        EXPECT_EQ(core.find(secret.little), core.npos) << secret.name << ", little endian";
    }
    for (const std::string& file : {ec.key_file, rsa.key_file})
        EXPECT_EQ(core.find(line_of(file)), core.npos) << file;
}

// The number of each open file of a process that leads to what the configuration was read from.
std::vector<std::string> sources_of(pid_t process) {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator{"/proc/" + std::to_string(process) + "/fd"}) {
        std::error_code closed;  // in the meantime
        const std::string file = fs::read_symlink(entry.path(), closed).string();
        if (file.find("grove-sources") != file.npos) found.push_back(entry.path().filename());
    }
    return found;
}

// Nor in reach of a plugin that reads a file of its choice: /proc/self/fd/5.
class OpenSecrets : public Supervised {};

TEST_F(OpenSecrets, AreTheMastersAlone) {
    const auto server = serve(kTwoHellos);
    const auto expect_none = [&server](const char* when) {
        for (const pid_t worker : server->workers())
            EXPECT_THAT(sources_of(worker), testing::IsEmpty()) << when;
        EXPECT_THAT(server->get("/"), HasSubstr("World!"));
    };
    EXPECT_THAT(sources_of(server->program.pid()), testing::Not(testing::IsEmpty()));
    expect_none("at the start");
    ::kill(server->workers().at(0), SIGKILL);
    line_with(*server, "was ended by signal 9");
    while (server->workers().size() != 2) std::this_thread::yield();
    EXPECT_THAT(server->get("/"), HasSubstr("World!"));
    reload(*server);
    expect_none("after a reload");
}

}  // namespace
}  // namespace grove
