#include "stack_note.h"

#include <algorithm>
#include <span>
#include <string_view>

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_DISABLE_ERROR_REPORTING static_cast<void>(0)
#define VALGRIND_ENABLE_ERROR_REPORTING static_cast<void>(0)
#endif

#include <grove/core/run_info.h>

#include "stack_walk.h"

namespace grove::http {
namespace {

std::uint32_t file_of(StackNote& note, std::uint64_t inode, std::string_view name) noexcept {
    for (std::uint32_t i = 0; i < note.file_count; ++i) {
        if (note.files[i].inode == inode && name.starts_with(note.files[i].text())) return i;
    }
    if (note.file_count == StackNote::kMostFiles) return StackNote::Call::kNoFile;
    StackNote::File& file = note.files[note.file_count];
    file.inode = inode;
    file.name[name.copy(file.name.data(), file.name.size() - 1)] = '\0';
    return note.file_count++;
}

}  // namespace

void StackNote::take(const void* machine, StackSight& sight) noexcept {
    CodeMap& code = sight.code;
    const Registers registers{machine};
    code.read(registers.stack);
    std::array<std::uintptr_t, kMostCalls> addresses;
    const StackBounds bounds = running_stack(registers.stack).value_or(code.stack());
    VALGRIND_DISABLE_ERROR_REPORTING;  // any word of a stack is looked at, whatever it is
    const std::size_t count = walk_stack(registers, sight, bounds, addresses);
    VALGRIND_ENABLE_ERROR_REPORTING;
    file_count = 0;
    for (std::size_t i = 0; i < count; ++i) {
        Call& call = calls[i];
        call = {};
        call.address = addresses[i];
        // A return address may lie behind the last byte of its code.
        const CodeMap::Range* const range = code.find(addresses[i] - (i == 0 ? 0 : 1));
        if (range == nullptr) continue;
        call.offset = addresses[i] - range->begin + range->offset;
        call.file = file_of(*this, range->inode, code.name_of(*range));
    }
    call_count = static_cast<std::uint32_t>(count);
}

}  // namespace grove::http
