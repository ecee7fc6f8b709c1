// multipart_state.h - what stands behind a Multipart.
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include <grove/web/multipart.h>

#include "multipart_reader.h"

namespace grove::web {

struct Multipart::State {
    State(MultipartReader::Source source, std::string_view boundary, MultipartLimits limits)
        : reader{std::move(source), boundary, limits} {}

    MultipartReader reader;
    std::unique_ptr<Part> part;
};

}  // namespace grove::web
