// What is in the files that are built for release, so that a fault in them is hard to make use of (O-078).
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <elf.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "elf_bytes.h"

namespace grove {
namespace {

namespace fs = std::filesystem;
using http::elf_load;
using http::elf_slice;
using testing::HasSubstr;

/// One object, as far as the headers of its segments describe it.
class Elf {
public:
    explicit Elf(const std::string& file) {
        std::ostringstream text;
        text << std::ifstream{file, std::ios::binary}.rdbuf();
        bytes_ = text.str();
        header_ = elf_load<Elf64_Ehdr>(bytes_, 0).value();
        for (std::uint64_t place = 0; place < header_.e_phnum; ++place) {
            const std::uint64_t at = header_.e_phoff + place * sizeof(Elf64_Phdr);
            segments_.push_back(elf_load<Elf64_Phdr>(bytes_, at).value());
        }
    }

    [[nodiscard]] const Elf64_Ehdr& header() const { return header_; }
    [[nodiscard]] std::optional<Elf64_Phdr> segment(std::uint32_t type) const {
        for (const Elf64_Phdr& one : segments_) {
            if (one.p_type == type) return one;
        }
        return std::nullopt;
    }
    /// Of the dynamic section; 0: it is not there.
    [[nodiscard]] std::uint64_t dynamic(std::int64_t tag) const {
        const std::string_view entries = content(segment(PT_DYNAMIC).value());
        for (std::uint64_t at = 0;; at += sizeof(Elf64_Dyn)) {
            const auto entry = elf_load<Elf64_Dyn>(entries, at);
            if (!entry || entry->d_tag == DT_NULL) return 0;
            if (entry->d_tag == tag) return entry->d_un.d_val;
        }
    }
    /// The names that other objects are asked for, and are told of, each between two NULs.
    [[nodiscard]] std::string names() const {
        for (const Elf64_Phdr& one : segments_) {
            const std::uint64_t offset = dynamic(DT_STRTAB) - one.p_vaddr;
            if (one.p_type == PT_LOAD && dynamic(DT_STRTAB) >= one.p_vaddr && offset < one.p_filesz)
                return std::string{content(one).substr(offset, dynamic(DT_STRSZ))};
        }
        return {};
    }
    [[nodiscard]] std::string code() const {
        std::string all;
        for (const Elf64_Phdr& one : segments_) {
            if (one.p_type == PT_LOAD && (one.p_flags & PF_X) != 0) all += content(one);
        }
        return all;
    }

private:
    [[nodiscard]] std::string_view content(const Elf64_Phdr& segment) const {
        return elf_slice(bytes_, segment.p_offset, segment.p_filesz).value();
    }

    std::string bytes_;
    Elf64_Ehdr header_{};
    std::vector<Elf64_Phdr> segments_;
};

std::vector<std::string> rooms() {
    std::vector<std::string> files;
    const fs::path http = GROVE_TEST_LIBRARY;
    for (const char* name : {"core", "pool", "http", "web"})
        files.push_back(http.parent_path() / ("libgrove_" + std::string{name} + ".so"));
    return files;
}

std::vector<std::string> plugins() {
    std::vector<std::string> files;
    for (const fs::directory_entry& one : fs::directory_iterator{GROVE_TEST_APPS}) {
        if (one.path().extension() == ".so") files.push_back(one.path());
    }
    return files;
}

class Hardened : public testing::Test {
protected:
    void SetUp() override {
        if (!GROVE_TEST_HARDENED) GTEST_SKIP() << "not a release, or one with sanitizers";
        for (const auto& more : {rooms(), plugins()})
            files_.insert(files_.end(), more.begin(), more.end());
        files_.emplace_back(GROVE_TEST_BINARY);
        ASSERT_GT(files_.size(), 8U);
    }

    std::vector<std::string> files_;
};

TEST_F(Hardened, TablesOfAddressesCannotBeWritten) {
    for (const std::string& file : files_) {
        const Elf elf{file};
        EXPECT_TRUE(elf.segment(PT_GNU_RELRO)) << file;
        EXPECT_TRUE((elf.dynamic(DT_FLAGS) & DF_BIND_NOW) != 0 ||
                    (elf.dynamic(DT_FLAGS_1) & DF_1_NOW) != 0)
            << file;
        const auto stack = elf.segment(PT_GNU_STACK);
        ASSERT_TRUE(stack) << file;
        EXPECT_EQ(stack->p_flags & PF_X, 0U) << file;
        EXPECT_EQ(elf.header().e_type, ET_DYN) << file;
    }
}

TEST_F(Hardened, WritesPastABufferEndTheProcess) {
    for (const std::string& file : files_)
        EXPECT_THAT(Elf{file}.names(), HasSubstr("__stack_chk_fail")) << file;
    // Those that print into a buffer: by the functions that know its size.
    for (const std::string file : {GROVE_TEST_LIBRARY, GROVE_TEST_BINARY})
        EXPECT_THAT(Elf{file}.names(), HasSubstr("__snprintf_chk")) << file;
}

TEST_F(Hardened, JumpsLandWhereTheyMay) {
    const std::string landing = "\xf3\x0f\x1e\xfa";  // endbr64
    for (const std::string& file : files_) {
        const Elf elf{file};
        if (elf.header().e_machine != EM_X86_64) GTEST_SKIP() << "another processor";
        EXPECT_THAT(elf.code(), HasSubstr(landing)) << file;
    }
}

}  // namespace
}  // namespace grove
