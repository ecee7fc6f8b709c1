#include "symbols.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>

#include <cxxabi.h>
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <grove/core/file_descriptor.h>

#include "hexadecimal.h"

namespace grove {
namespace {

class MappedFile {
public:
    explicit MappedFile(const char* path) {
        const FileDescriptor fd{::open(path, O_RDONLY | O_CLOEXEC)};
        struct stat file {};
        if (!fd || ::fstat(fd.get(), &file) != 0) return;
        bytes_ = static_cast<std::size_t>(file.st_size);
        void* address = ::mmap(nullptr, bytes_, PROT_READ, MAP_PRIVATE, fd.get(), 0);
        if (address != MAP_FAILED) address_ = static_cast<const char*>(address);
    }
    ~MappedFile() {
        if (address_ != nullptr) ::munmap(const_cast<char*>(address_), bytes_);
    }
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    /// `count` objects at `offset`; nullptr if they do not lie in the file.
    template <class T>
    [[nodiscard]] const T* at(std::uint64_t offset, std::uint64_t count = 1) const noexcept {
        if (address_ == nullptr || offset > bytes_ || count > (bytes_ - offset) / sizeof(T))
            return nullptr;
        return reinterpret_cast<const T*>(address_ + offset);
    }

private:
    const char* address_ = nullptr;
    std::size_t bytes_ = 0;
};

std::string readable(const char* name) {
    int status = 0;
    char* demangled = abi::__cxa_demangle(name, nullptr, nullptr, &status);
    std::string text = status == 0 ? demangled : name;
    std::free(demangled);
    return text;
}

const char* base_name(const char* path) {
    const char* slash = std::strrchr(path, '/');
    return slash != nullptr ? slash + 1 : path;
}

struct Function {
    std::string name{};        // as the linker spells it
    std::uintptr_t begin = 0;  // from where the file was loaded
};

// The function in the file's tables that holds the address. The file is looked at now, not kept: it may be
// replaced on the disk. A table without debugging information still has what the file exports.
class SymbolFile {
public:
    explicit SymbolFile(const char* path) : file_{path}, header_{file_.at<Elf64_Ehdr>(0)} {
        if (header_ != nullptr && (std::memcmp(header_->e_ident, ELFMAG, SELFMAG) != 0 ||
                                   header_->e_ident[EI_CLASS] != ELFCLASS64))
            header_ = nullptr;
    }

    /// @param place  from where the file was loaded
    [[nodiscard]] std::optional<Function> find(std::uintptr_t place) const {
        const auto found = find(place, SHT_SYMTAB);
        return found ? found : find(place, SHT_DYNSYM);
    }
    /// Where what lies there in the file is loaded.
    [[nodiscard]] std::optional<std::uintptr_t> place_of(std::uint64_t offset) const {
        if (header_ == nullptr) return std::nullopt;
        const auto* segments = file_.at<Elf64_Phdr>(header_->e_phoff, header_->e_phnum);
        for (unsigned i = 0; segments != nullptr && i < header_->e_phnum; ++i) {
            const Elf64_Phdr& segment = segments[i];
            if (segment.p_type == PT_LOAD && offset >= segment.p_offset &&
                offset - segment.p_offset < segment.p_filesz)
                return offset - segment.p_offset + segment.p_vaddr;
        }
        return std::nullopt;
    }

private:
    [[nodiscard]] std::optional<Function> find(std::uintptr_t place, unsigned kind) const {
        std::optional<Function> found;
        if (header_ == nullptr) return found;
        const auto* sections = file_.at<Elf64_Shdr>(header_->e_shoff, header_->e_shnum);
        for (unsigned i = 0; sections != nullptr && i < header_->e_shnum; ++i) {
            const Elf64_Shdr& table = sections[i];
            if (table.sh_type != kind || table.sh_link >= header_->e_shnum) continue;
            look_in(table, sections[table.sh_link], place, found);
        }
        return found;
    }
    void look_in(const Elf64_Shdr& table, const Elf64_Shdr& names, std::uintptr_t place,
                 std::optional<Function>& found) const {
        const std::uint64_t count = table.sh_size / sizeof(Elf64_Sym);
        const auto* symbols = file_.at<Elf64_Sym>(table.sh_offset, count);
        const auto* text = file_.at<char>(names.sh_offset, names.sh_size);
        if (symbols == nullptr || text == nullptr) return;
        for (std::uint64_t n = 0; n < count; ++n) {
            const Elf64_Sym& symbol = symbols[n];
            if (symbol.st_value > place || symbol.st_value == 0 ||
                place - symbol.st_value >= std::max<std::uintptr_t>(symbol.st_size, 1) ||
                ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_name >= names.sh_size)
                continue;
            if (!found || found->begin < symbol.st_value) {
                found = Function{
                    std::string{text + symbol.st_name,
                                ::strnlen(text + symbol.st_name, names.sh_size - symbol.st_name)},
                    symbol.st_value};
            }
        }
    }

    MappedFile file_;
    const Elf64_Ehdr* header_;  // nullptr: it is no such file
};

std::string look_up(const void* address) {
    // A return address may lie behind the last byte of a function that never returns.
    const auto place = reinterpret_cast<std::uintptr_t>(address) - 1;
    Dl_info info{};
    if (::dladdr(reinterpret_cast<const void*>(place), &info) == 0 || info.dli_fname == nullptr)
        return hexadecimal(place + 1);
    const auto base = reinterpret_cast<std::uintptr_t>(info.dli_fbase);
    // The program itself is read where the kernel knows it, as its name may be relative.
    const bool is_program = std::strchr(info.dli_fname, '/') == nullptr;
    const char* const file = is_program ? "/proc/self/exe" : info.dli_fname;
    if (const auto function = SymbolFile{file}.find(place - base)) {
        return readable(function->name.c_str()) + "+" +
               hexadecimal(place + 1 - base - function->begin);
    }
    if (info.dli_sname != nullptr) {
        const auto begin = reinterpret_cast<std::uintptr_t>(info.dli_saddr);
        return readable(info.dli_sname) + "+" + hexadecimal(place + 1 - begin);
    }
    return std::string{base_name(info.dli_fname)} + "+" + hexadecimal(place + 1 - base);
}

}  // namespace

std::string Symbols::in_file(const std::string& file, std::uint64_t offset, bool returns) {
    const SymbolFile symbols{file.c_str()};
    const auto place = symbols.place_of(offset);
    if (!place) return {};
    const auto function = symbols.find(*place - (returns ? 1 : 0));
    if (!function) return {};
    return readable(function->name.c_str()) + "+" + hexadecimal(*place - function->begin);
}

const std::string& Symbols::describe(const void* address) {
    const auto known = known_.find(address);
    if (known != known_.end()) return known->second;
    return known_.emplace(address, look_up(address)).first->second;
}

}  // namespace grove
