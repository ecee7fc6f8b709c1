// The calls that a signal has interrupted, wherever it came. O-020, O-026
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <search.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <grove/core/greenlet.h>

#include "greenlet_test.h"
#include "stack_names.h"
#include "stack_note.h"
#include "stack_walk.h"

namespace grove::http {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

StackSight sight;
CodeMap& code = sight.code;
StackNote note;

void on_signal(int, siginfo_t*, void* machine) { note.take(machine, sight); }

// What the calls are at which somebody raises SIGURG.
class Noted {
public:
    Noted() {
        struct sigaction action {};
        action.sa_sigaction = &on_signal;
        action.sa_flags = SA_SIGINFO;
        ::sigaction(SIGURG, &action, &former_);
    }
    ~Noted() { ::sigaction(SIGURG, &former_, nullptr); }

private:
    struct sigaction former_ {};
};

[[gnu::noinline]] int compare_by_signal(const void* left, const void* right) {
    ::raise(SIGURG);
    return *static_cast<const int*>(left) - *static_cast<const int*>(right);
}

// By a function that no sanitizer puts one of its own in front of.
[[gnu::noinline]] void find_something() {
    const int numbers[]{2, 1};
    std::size_t count = 2;
    EXPECT_EQ(::lfind(&numbers[1], numbers, &count, sizeof numbers[0], &compare_by_signal),
              &numbers[1]);
}

TEST(StackWalk, LeadsThroughCodeOfTheCLibrary) {
    const Noted noted;
    find_something();
    const StackNames names = names_of(note);
    EXPECT_THAT(names.text, HasSubstr("::compare_by_signal("));
    EXPECT_THAT(names.text, HasSubstr("lfind"));
    EXPECT_THAT(names.text, HasSubstr("::find_something()+0x"));
    EXPECT_THAT(names.place, HasSubstr("::compare_by_signal("));
}

template <class... Types>
[[gnu::noinline]] int call_with_a_long_name(Types*...) {
    return ::raise(SIGURG) + 1;  // no tail call
}

// Of a lambda, or what templates have made long, the offset is the only way to a line.
TEST(StackWalk, KeepsTheOffsetsOfLongNames) {
    const Noted noted;
    using Long = testing::internal::faketype;
    Long* const none = nullptr;
    EXPECT_EQ(call_with_a_long_name(none, none, none, none, none, none, none, none), 1);

    const std::string text = names_of(note).text;
    EXPECT_THAT(text,
                ContainsRegex("::call_with_a_long_name<[^<]*\\.\\.\\.[^<]*\\+0x[0-9a-f]+( < |$)"));
    const std::size_t begin = text.find("grove::http::(anonymous namespace)::call_with");
    ASSERT_NE(begin, text.npos);
    EXPECT_LE(text.find(" < ", begin) - begin, 165U);
}

GREENLET_TEST(StackWalk, EndsWithItsGreenlet) {
    const Noted noted;
    auto greenlet = spawn(find_something);
    greenlet.join();
    EXPECT_THAT(names_of(note).text, HasSubstr("::find_something()+0x"));
    EXPECT_LT(note.call_count, StackNote::kMostCalls);
}

// A broken stack: registers that lead nowhere, to memory that is not there, or in a circle.
TEST(StackWalk, NeverFaults) {
    const auto page = static_cast<std::uintptr_t*>(
        ::mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    ::munmap(page + 512, 4096);
    const auto address = reinterpret_cast<std::uintptr_t>(page);
    page[0] = address;  // its own caller
    page[1] = reinterpret_cast<std::uintptr_t>(&find_something) + 8;
    page[510] = address + 4096;
    for (const std::uintptr_t stack : {std::uintptr_t{0}, address, address + 4, address + 4080,
                                       address + 4096, ~std::uintptr_t{0}}) {
        for (const std::uintptr_t frame :
             {std::uintptr_t{0}, address, address + 4080, address + 4096, ~std::uintptr_t{15}}) {
            for (const std::uintptr_t place :
                 {std::uintptr_t{1}, address, reinterpret_cast<std::uintptr_t>(&find_something),
                  reinterpret_cast<std::uintptr_t>(&::qsort)}) {
                ucontext_t machine{};
#if defined(__x86_64__)
                machine.uc_mcontext.gregs[REG_RIP] = static_cast<greg_t>(place);
                machine.uc_mcontext.gregs[REG_RSP] = static_cast<greg_t>(stack);
                machine.uc_mcontext.gregs[REG_RBP] = static_cast<greg_t>(frame);
#endif
                note.take(&machine, sight);
                EXPECT_LE(note.call_count, StackNote::kMostCalls);
            }
        }
    }
    ::munmap(page, 4096);
}

TEST(CheckedMemory, TellsWhatIsNotThere) {
    const CheckedMemory memory;
    const int there = 17;
    int copy = 0;
    EXPECT_TRUE(memory.read(reinterpret_cast<std::uintptr_t>(&there), &copy, sizeof copy));
    EXPECT_EQ(copy, 17);
    EXPECT_FALSE(memory.read(8, &copy, sizeof copy));
    EXPECT_FALSE(memory.read(~std::uintptr_t{0}, &copy, sizeof copy));
    EXPECT_TRUE(memory.read(reinterpret_cast<std::uintptr_t>(&there), &copy, sizeof copy));
}

TEST(CodeMap, KnowsWhoseCodeLiesWhere) {
    int here = 0;
    code.read(reinterpret_cast<std::uintptr_t>(&here));
    const CodeMap::Range* own = code.find(reinterpret_cast<std::uintptr_t>(&find_something));
    ASSERT_NE(own, nullptr);
    EXPECT_THAT(std::string{code.name_of(*own)},
                HasSubstr(std::filesystem::read_symlink("/proc/self/exe").filename().string()));
    EXPECT_FALSE(is_of_the_system(code.name_of(*own)));
    const CodeMap::Range* libc = code.find(reinterpret_cast<std::uintptr_t>(&::qsort));
    ASSERT_NE(libc, nullptr);
    EXPECT_TRUE(is_of_the_system(code.name_of(*libc)));
    EXPECT_EQ(code.find(reinterpret_cast<std::uintptr_t>(&here)), nullptr) << "no code";
    EXPECT_EQ(code.find(0), nullptr);
    EXPECT_EQ(code.find(~std::uintptr_t{0}), nullptr);
    EXPECT_LE(code.stack().low, reinterpret_cast<std::uintptr_t>(&here));
    EXPECT_GT(code.stack().high, reinterpret_cast<std::uintptr_t>(&here));
}

TEST(CodeMap, TellsTheSystemsLibrariesByTheirNames) {
    for (const char* name : {"/usr/lib/x86_64-linux-gnu/libc.so.6", "/lib64/ld-linux-x86-64.so.2",
                             "/usr/lib/x86_64-linux-gnu/libstdc++.so.6.0.30", "[vdso]"})
        EXPECT_TRUE(is_of_the_system(name)) << name;
    for (const char* name :
         {"/usr/lib/x86_64-linux-gnu/libgrove_http.so.0.1", "/usr/bin/grove",
          "/usr/lib/grove/apps/hello.so", "/memfd:libx.so (deleted)", "/home/me/libx.so", ""})
        EXPECT_FALSE(is_of_the_system(name)) << name;
}

}  // namespace
}  // namespace grove::http
