#include "elf_note.h"

#include <cstdint>
#include <cstring>
#include <random>
#include <string>

#include <elf.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "read_file.h"

namespace grove::http {
namespace {

using testing::HasSubstr;

// A plugin's bytes, and places in them.
class ElfNotes : public testing::Test {
protected:
    template <class T>
    T& at(std::size_t offset) {
        return *reinterpret_cast<T*>(bytes_.data() + offset);
    }
    Elf64_Ehdr& header() { return at<Elf64_Ehdr>(0); }
    Elf64_Phdr& segment(std::size_t i) {
        return at<Elf64_Phdr>(header().e_phoff + i * sizeof(Elf64_Phdr));
    }

    std::string fault() const { return find_elf_note(bytes_, "grove", 1).fault; }

    std::string bytes_ = read_file(GROVE_TEST_PLUGINS "/probe.so", std::size_t{1} << 30U);
};

TEST_F(ElfNotes, AreFoundInAPlugin) {
    const ElfNote note = find_elf_note(bytes_, "grove", 1);

    EXPECT_EQ(note.fault, "");
    EXPECT_THAT(std::string{note.description}, HasSubstr("grove-"));
    EXPECT_THAT(find_elf_note(bytes_, "GNU", NT_GNU_BUILD_ID).fault, "");
}

TEST_F(ElfNotes, AreMissedWhereThereAreNone) {
    EXPECT_EQ(find_elf_note(bytes_, "grov", 1).fault, "has no note of grov");
    EXPECT_EQ(find_elf_note(bytes_, "grove", 3).fault, "has no note of grove");
}

TEST_F(ElfNotes, AreLookedForInSharedObjectsOfThisMachineOnly) {
    EXPECT_EQ(find_elf_note("", "grove", 1).fault, "is not an ELF file");
    EXPECT_EQ(find_elf_note("#!/bin/sh\n", "grove", 1).fault, "is not an ELF file");

    header().e_type = ET_EXEC;
    EXPECT_EQ(fault(), "is an ELF file but not a shared object");
    header().e_machine = EM_S390;
    EXPECT_EQ(fault(), "is made for another machine (ELF machine 22)");
    header().e_ident[EI_CLASS] = ELFCLASS32;
    EXPECT_EQ(fault(), "is an ELF file of another word size or byte order");
}

TEST_F(ElfNotes, AreNotLookedForOutsideOfTheFile) {
    const auto whole = bytes_;
    const auto refused = [&](auto change) {
        bytes_ = whole;
        change();
        return fault();
    };
    const std::string headers = "is an ELF file cut short in its program headers";
    const std::string segments = "is an ELF file cut short: a segment lies past its end";

    EXPECT_EQ(refused([&] { header().e_phoff = bytes_.size(); }), headers);
    EXPECT_EQ(refused([&] { header().e_phoff = ~std::uint64_t{0}; }), headers);
    EXPECT_EQ(refused([&] { header().e_phoff = ~std::uint64_t{0} - sizeof(Elf64_Phdr); }), headers);
    EXPECT_EQ(refused([&] { header().e_phnum = 0xffff; }).substr(0, 24), segments.substr(0, 24));
    EXPECT_EQ(refused([&] { header().e_phentsize = 0; }),
              "is an ELF file with program headers of a wrong size");
    EXPECT_EQ(refused([&] { segment(0).p_offset = ~std::uint64_t{0}; }), segments);
    EXPECT_EQ(refused([&] { segment(0).p_filesz = ~std::uint64_t{0}; }), segments);
    EXPECT_EQ(refused([&] { header().e_phnum = 0; }), "has no note of grove");
}

TEST_F(ElfNotes, MayHaveAnySizes) {
    const std::size_t name = bytes_.find(std::string_view{"grove\0\0\0", 8});
    ASSERT_NE(name, std::string::npos);
    const auto whole = bytes_;
    for (const std::uint32_t size : {0U, 1U, 5U, 7U, 0x7fffffffU, 0xfffffff0U, 0xffffffffU}) {
        for (const std::size_t field : {name - 12, name - 8}) {
            bytes_ = whole;
            std::memcpy(bytes_.data() + field, &size, sizeof(size));
            const ElfNote note = find_elf_note(bytes_, "grove", 1);
            EXPECT_TRUE(note.fault.empty() || note.fault == "has no note of grove") << note.fault;
            EXPECT_LE(note.description.size(), bytes_.size());
        }
    }
}

TEST_F(ElfNotes, AreMissedInEveryBeginningOfAFile) {
    for (std::size_t size = 0; size < std::min<std::size_t>(bytes_.size(), 4096); ++size) {
        // A copy of its own, so that a sanitizer sees a byte read past its end.
        const std::string begin = bytes_.substr(0, size);
        EXPECT_NE(find_elf_note(begin, "grove", 1).fault, "") << size;
    }
}

TEST_F(ElfNotes, SurviveAnyCorruption) {
    std::mt19937 random{20};
    const auto whole = bytes_.substr(0, 8192);
    for (int round = 0; round < 20000; ++round) {
        bytes_ = whole;
        for (int i = 0; i < 8; ++i) {
            // Most of it where the headers and notes lie.
            bytes_[random() % (i < 6 ? 1024 : bytes_.size())] = static_cast<char>(random());
        }
        const ElfNote note = find_elf_note(bytes_, "grove", 1);
        EXPECT_TRUE(note.fault.empty() || note.description.empty());
    }
}

}  // namespace
}  // namespace grove::http
