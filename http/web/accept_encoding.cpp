#include "accept_encoding.h"

#include <array>
#include <cstddef>

#include <grove/http/headers.h>

#include "field_list.h"

namespace grove::web {
namespace {

constexpr int kFull = 1000;
constexpr int kUnnamed = -1;
constexpr std::size_t kMostElements = 32;

// "q=0.123", section 12.4.2; what is no weight refuses.
int coding_weight_of(std::string_view text) noexcept {
    if (text.size() < 3 || text.size() > 7 || !http::iequals(text.substr(0, 2), "q=") ||
        (text.size() > 3 && text[3] != '.'))
        return 0;
    int weight = 0;
    int unit = kFull;
    for (std::size_t i = 2; i < text.size(); ++i) {
        if (i == 3) continue;  // the point
        if (text[i] < '0' || text[i] > '9') return 0;
        weight += (text[i] - '0') * unit;
        unit /= 10;
    }
    return weight <= kFull ? weight : 0;
}

struct Weights {
    std::array<int, 3> codings{kUnnamed, kUnnamed, kUnnamed};  // by Coding
    int identity = kUnnamed;
    int others = kUnnamed;  // "*"

    void note(std::string_view name, int weight) noexcept {
        int* noted = nullptr;
        if (http::iequals(name, "identity")) noted = &identity;
        if (name == "*") noted = &others;
        if (http::iequals(name, "x-gzip")) name = "gzip";  // section 8.4.1.3
        for (const Coding coding : {Coding::kBrotli, Coding::kZstd, Coding::kGzip}) {
            if (http::iequals(name, name_of(coding)))
                noted = &codings[static_cast<std::size_t>(coding)];
        }
        if (noted != nullptr && *noted == kUnnamed) *noted = weight;
    }

    [[nodiscard]] int of(Coding coding) const noexcept {
        const int named = codings[static_cast<std::size_t>(coding)];
        return named == kUnnamed ? others : named;
    }
};

Weights weights_in(std::string_view field) noexcept {
    Weights weights;
    for (std::size_t count = 0; count < kMostElements && !field.empty(); ++count) {
        const std::string_view element = take_element(field);
        const std::size_t semicolon = element.find(';');
        weights.note(trimmed(element.substr(0, semicolon)),
                     semicolon == element.npos
                         ? kFull
                         : coding_weight_of(trimmed(element.substr(semicolon + 1))));
    }
    return weights;
}

}  // namespace

std::optional<Coding> wanted_coding(std::string_view field,
                                    const std::vector<Coding>& ours) noexcept {
    if (field.empty()) return std::nullopt;
    const Weights weights = weights_in(field);
    std::optional<Coding> best;
    int most = 0;
    for (const Coding coding : ours) {
        if (weights.of(coding) <= most) continue;
        most = weights.of(coding);
        best = coding;
    }
    return weights.identity > most ? std::nullopt : best;
}

}  // namespace grove::web
