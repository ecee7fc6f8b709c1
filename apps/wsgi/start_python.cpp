#include "python.h"
// Python's header comes first.

#include <stdexcept>

#include <dlfcn.h>

#include "grove_module.h"
#include "start_python.h"

namespace grove::wsgi {
namespace {

// Debian's extension modules are not linked to libpython, and plugins are loaded for themselves alone.
void promote_libpython() noexcept {
    Dl_info info{};
    if (::dladdr(reinterpret_cast<void*>(&Py_IsInitialized), &info) != 0)
        ::dlopen(info.dli_fname, RTLD_NOLOAD | RTLD_NOW | RTLD_GLOBAL);
}

struct Config : PyConfig {
    Config() { PyConfig_InitPythonConfig(this); }
    ~Config() { PyConfig_Clear(this); }
    Config(const Config&) = delete;
    Config& operator=(const Config&) = delete;
};

void expect(const PyStatus& status) {
    if (PyStatus_Exception(status) == 0) return;
    throw std::runtime_error{std::string{"Python cannot be started: "} +
                             (status.err_msg != nullptr ? status.err_msg : "it would exit")};
}

}  // namespace

void start_python(const std::string& venv) {
    promote_libpython();
    add_grove_module();
    Config config;
    config.install_signal_handlers = 0;  // signals are the server's
    config.parse_argv = 0;
    config.buffered_stdio = 0;
    const std::string executable = venv.empty() ? GROVE_PYTHON : venv + "/bin/python";
    expect(PyConfig_SetBytesString(&config, &config.executable, executable.c_str()));
    expect(PyConfig_SetBytesString(&config, &config.program_name, executable.c_str()));
    char name[] = "grove";
    char* arguments[] = {name};
    expect(PyConfig_SetBytesArgv(&config, 1, arguments));
    expect(Py_InitializeFromConfig(&config));
}

}  // namespace grove::wsgi
