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
    const auto add_plugin = [&](const PluginConfig& plugin) {
        if (plugin.app.find('/') != std::string::npos) return files.push_back(plugin.app);
        for (const std::string& folder : folders)
            files.push_back(folder + "/" + plugin.app + ".so");
    };
    for (const AppConfig& app : config.apps) {
        add_plugin(app);
        std::for_each(app.around.begin(), app.around.end(), add_plugin);
    }
    std::for_each(config.around.begin(), config.around.end(), add_plugin);
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
