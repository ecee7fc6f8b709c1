// stack_batch_test.cpp - many new stacks at once get their guards and their first page by a system call a batch.
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sanitized.h"
#include "stack_pool.h"

namespace grove {
namespace {

constexpr int kBatch = 32;      // of the first two slabs that are a burst's
constexpr int kBeforeIt = 112;  // stacks, in slabs of 16, 32 and 64
constexpr int kRefused = 384;   // stacks of those two slabs; behind them a batch is larger
constexpr std::size_t kStack = 65536;

// Whether the stack that is cut behind that one has the memory of its top page already.
bool next_has_memory(const Context& context) {
    const std::size_t page = StackGuards::page_bytes();
    unsigned char resident = 0;
    char* const end = context.bottom + kStack + StackGuards::kBytes + kStack;
    return ::mincore(end - page, page, &resident) == 0 && (resident & 1U) != 0;
}

bool has_batches() {
    void* const slab = ::mmap(nullptr, StackGuards::kBytes + kStack, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    std::array<iovec, 1> range{};
    return StackGuards::install_ahead(static_cast<char*>(slab), kStack, range);
}

// A batch of kBatch has no memory from now on; others have.
bool refuse_that_batch() {
    constexpr unsigned kCount = offsetof(seccomp_data, args) + 2 * sizeof(__u64);
    std::array<sock_filter, 6> code{{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_madvise, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kCount),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kBatch, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOMEM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    }};
    const sock_fprog program{code.size(), code.data()};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

Context& last_of(StackPool& pool, int stacks) {
    for (int i = 1; i < stacks; ++i) pool.take(kStack);
    return pool.take(kStack);
}

[[noreturn]] void take_while_one_batch_is_refused() {
    if (!refuse_that_batch()) std::_Exit(3);
    StackPool pool;
    (void)last_of(pool, kBeforeIt);
    if (next_has_memory(pool.take(kStack))) std::_Exit(1);
    (void)last_of(pool, kRefused - 1);
    std::_Exit(next_has_memory(pool.take(kStack)) ? 0 : 2);
}

TEST(StackBatchDeathTest, IsTriedAgainWithTheNextSlabIfThereWasNoMemory) {
#if defined(GROVE_TEST_SANITIZED)
    GTEST_SKIP() << "the sanitizer touches the memory of stacks itself";
#endif
    if (!has_batches()) GTEST_SKIP() << "Linux has had this call since 6.15";
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_EXIT(take_while_one_batch_is_refused(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace grove
