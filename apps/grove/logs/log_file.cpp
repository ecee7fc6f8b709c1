#include "log_file.h"

#include <chrono>
#include <utility>

#include "log_writer.h"

namespace {

constexpr std::chrono::milliseconds kTimeToFinish{
    1000};  // at the end, with a reader that does not read

}  // namespace

LogFile::LogFile(const std::string& target, int standard, Format format, const LogFile* told_to,
                 grove::FileDescriptor handed, std::function<void()> look,
                 grove::http::Tally* lost) {
    if (target == "off") return;
    const bool told_to_nobody = told_to != nullptr && !told_to->enabled();
    writer_ = std::make_shared<LogWriter>(target == "-" ? std::string{} : target, standard,
                                          told_to != nullptr ? told_to->writer_ : nullptr,
                                          told_to_nobody ? Format{} : std::move(format),
                                          std::move(handed), std::move(look), lost);
}

LogFile::~LogFile() { finish(); }

void LogFile::finish() const noexcept {
    if (writer_ != nullptr) writer_->finish(kTimeToFinish);
}

void LogFile::write(std::string_view line) const noexcept {
    if (writer_ != nullptr) writer_->add(line);
}

void LogFile::reopen(grove::FileDescriptor next) const noexcept {
    if (writer_ != nullptr) writer_->reopen(std::move(next));
}
