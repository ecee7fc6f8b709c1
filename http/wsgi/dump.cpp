#include <grove/http/dump.h>

#include <memory>
#include <ostream>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "dump_lines.h"
#include "operator_text.h"

namespace grove::http {
namespace {

using Dumps = OperatorEntries<std::shared_ptr<const OperatorText>>;

// The process's. Kept for ever, as those in it may be asked for to the very end.
Dumps& dumps() {
    static Dumps* const kDumps = std::make_unique<Dumps>().release();
    return *kDumps;
}

}  // namespace

void on_dump(std::function<void(std::ostream&)> write) {
    if (!write) throw std::invalid_argument{"on_dump: there is no function"};
    dumps().add(std::make_shared<const OperatorText>(
        "on_dump",
        [write = std::move(write)](std::ostream& out, std::string_view) { write(out); }));
}

std::vector<std::string> dump_lines() {
    OperatorLines lines{.left = kMostDumpBytes};
    for (const auto& dump : dumps().all()) dump->append_to(lines, "");
    return std::move(lines.all);
}

void forget_dumps() noexcept { dumps().forget(); }

}  // namespace grove::http
