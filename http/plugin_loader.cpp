#include <grove/http/plugin_loader.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <grove/http/plugin_abi.h>

#include "elf_note.h"
#include "read_file.h"

namespace grove::http {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostPluginBytes = std::size_t{1} << 30U;
constexpr const char* kWanted = ", wanted a plugin built with grove_add_plugin()";
constexpr PluginNote kOurs{};

[[noreturn]] void refuse(const fs::path& file, const std::string& reason) {
    throw PluginError{file.string() + ": " + reason};
}

std::string read_plugin(const fs::path& file) {
    std::error_code ignored;
    if (fs::exists(file, ignored) && !fs::is_regular_file(file, ignored)) {
        refuse(file, std::string{"is no regular file"} + kWanted);
    }
    try {
        return read_file(file, kMostPluginBytes);
    } catch (const std::system_error& error) {
        refuse(file, error.what());
    }
}

void check_note(const fs::path& file, std::string_view bytes) {
    const ElfNote note = find_elf_note(bytes, kOurs.name, kOurs.type);
    if (!note.fault.empty()) {
        refuse(file, note.fault + kWanted);
    }
    std::uint32_t abi = 0;
    if (note.description.size() < sizeof(abi)) {
        refuse(file, std::string{"has a broken note of grove"} + kWanted);
    }
    std::memcpy(&abi, note.description.data(), sizeof(abi));
    if (abi != kOurs.abi) {
        refuse(file, "is built for plugin ABI " + std::to_string(abi) + ", wanted " +
                         std::to_string(kOurs.abi));
    }
    std::string_view signature = note.description.substr(sizeof(abi));
    signature = signature.substr(0, signature.find('\0'));
    if (signature != kOurs.signature) {
        std::string shown;
        for (const char c : signature) {
            shown += c >= ' ' && c <= '~' ? c : '?';
        }
        refuse(file, "is built with \"" + shown + "\", wanted \"" + kOurs.signature + "\"");
    }
}

// A file in memory with these bytes. Its descriptor stays open: its number is in the path by which
// the system's loader knows the object, and must not come to mean another one.
int copy_to_memory(const fs::path& file, std::string_view bytes) {
#if !defined(MFD_EXEC)
    constexpr unsigned MFD_EXEC = 0x10U;  // Linux 6.3; older kernels answer EINVAL
#endif
    int fd = memfd_create(file.filename().c_str(), MFD_CLOEXEC | MFD_EXEC);
    if (fd < 0 && errno == EINVAL) {
        fd = memfd_create(file.filename().c_str(), MFD_CLOEXEC);
    }
    ssize_t written = fd < 0 ? -1 : 0;
    for (; written >= 0 && !bytes.empty(); bytes.remove_prefix(static_cast<std::size_t>(written))) {
        written = write(fd, bytes.data(), bytes.size());
        if (written < 0) {
            break;
        }
    }
    if (written < 0) {
        const std::string reason = std::generic_category().message(errno);
        close(fd);
        refuse(file, "cannot be copied into memory: " + reason);
    }
    return fd;
}

// dlopen() of a path that is open already gives the code that is loaded already, even if the file
// was replaced: so each load has a path of its own.
const PluginDescriptor& open_plugin(const fs::path& file, std::string_view bytes) {
    const std::string path = "/proc/self/fd/" + std::to_string(copy_to_memory(file, bytes));
    void* const object = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (object == nullptr) {
        std::string_view reason = dlerror();
        if (reason.starts_with(path + ": ")) {
            reason.remove_prefix(path.size() + 2);
        }
        refuse(file, "cannot be loaded: " + std::string{reason});
    }
    const void* const symbol = dlsym(object, "grove_plugin");
    if (symbol == nullptr) {
        refuse(file, "has no symbol grove_plugin, wanted one GROVE_PLUGIN(…) in it");
    }
    return *static_cast<const PluginDescriptor*>(symbol);
}

}  // namespace

PluginError::~PluginError() = default;

Plugin::Plugin(const PluginDescriptor& descriptor, fs::path file)
    : descriptor_{&descriptor}, file_{std::move(file)} {}

std::string_view Plugin::name() const noexcept { return descriptor_->name; }

std::string_view Plugin::version() const noexcept { return descriptor_->version; }

Application Plugin::create(std::string_view config) const {
    std::string fault;
    const auto report = [](void* sink, const char* text, std::size_t size) {
        static_cast<std::string*>(sink)->assign(text, size);
    };
    void* const created = descriptor_->create(config.data(), config.size(), report, &fault);
    if (created == nullptr) {
        throw PluginError{fault};
    }
    // Shared, because an Application can be copied and the plugin's own is destroyed by the plugin.
    const std::shared_ptr<const Application> application{
        static_cast<const Application*>(created),
        [destroy = descriptor_->destroy](const Application* theirs) {
            destroy(const_cast<Application*>(theirs));
        }};
    return [application](Environ& environ, StartResponse& start_response) {
        return (*application)(environ, start_response);
    };
}

PluginLoader::PluginLoader(std::vector<fs::path> directories)
    : directories_{std::move(directories)} {}

Plugin PluginLoader::load(const std::string& app) {
    const fs::path file = find(app);
    if (const auto known = loaded_.find(file); known != loaded_.end()) {
        return known->second;
    }
    const std::string bytes = read_plugin(file);
    check_note(file, bytes);
    return loaded_.emplace(file, Plugin{open_plugin(file, bytes), file}).first->second;
}

fs::path PluginLoader::find(const std::string& app) const {
    if (app.find('/') != std::string::npos) {
        return app;
    }
    std::string looked_in;
    for (const fs::path& directory : directories_) {
        fs::path file = directory / (app + ".so");
        std::error_code ignored;
        if (fs::exists(file, ignored)) {
            return file;
        }
        looked_in += (looked_in.empty() ? "" : ", ") + directory.string();
    }
    throw PluginError{"no plugin \"" + app + "\", looked for " + app + ".so in " + looked_in};
}

}  // namespace grove::http
