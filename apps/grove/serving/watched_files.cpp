#include "watched_files.h"

#include <algorithm>

#include "install_layout.h"

using namespace grove::http;

namespace {

void add_certificate(const CertificateConfig& one, std::vector<std::string>& files) {
    for (const std::string& file : {one.certificate, one.key, one.ocsp}) files.push_back(file);
}

}  // namespace

std::vector<std::string> watched_files(const Config& config) {
    std::vector<std::string> files{config.place};
    std::vector<std::string> folders = config.plugin_path;
    if (folders.empty()) folders.push_back(shipped_plugins().string());
    for (const AppConfig& app : config.apps) {
        if (app.app.find('/') != std::string::npos) {
            files.push_back(app.app);
            continue;
        }
        for (const std::string& folder : folders) files.push_back(folder + "/" + app.app + ".so");
    }
    for (const ListenConfig& listen : config.listen) {
        if (!listen.tls) continue;
        add_certificate(*listen.tls, files);
        files.push_back(listen.tls->client_ca);
        files.push_back(listen.tls->client_crl);
        for (const TlsConfig::Name& name : listen.tls->names) {
            for (const CertificateConfig& one : name.certificates) add_certificate(one, files);
        }
    }
    std::erase(files, "");
    return files;
}
