#include "prometheus_text.h"

#include <cmath>
#include <limits>
#include <regex>
#include <set>
#include <stdexcept>

namespace grove {
namespace {

const std::regex kHelp{R"(# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (\S.*))"};
const std::regex kType{
    R"(# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped))"};
const std::regex kSample{
    R"(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"(?:,[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*")*\})? (\S+))"};

[[noreturn]] void refuse(std::string_view line, const std::string& why) {
    throw std::runtime_error{why + ": " + std::string{line}};
}

double number(const std::string& text) {
    if (text == "+Inf") return std::numeric_limits<double>::infinity();
    std::size_t end = 0;
    const double value = std::stod(text, &end);
    if (end != text.size() || std::isnan(value)) refuse(text, "no number");
    return value;
}

// The metric that a sample's name belongs to.
std::string family_of(const std::string& name, const std::map<std::string, std::string>& types) {
    if (types.contains(name)) return name;
    for (const char* suffix : {"_bucket", "_sum", "_count"}) {
        if (!name.ends_with(suffix)) continue;
        const std::string base = name.substr(0, name.size() - std::string{suffix}.size());
        const auto type = types.find(base);
        if (type != types.end() && type->second == "histogram") return base;
    }
    refuse(name, "a sample without a type");
}

// Of one without labels of its own: classes in rising order, each holding those below it, the last all.
void check_histogram(const std::string& name, const std::string& order,
                     const std::map<std::string, double>& samples) {
    static const std::regex kBound{"le=\"([^\"]+)\""};
    double last_bound = -1;
    double last_count = 0;
    for (std::sregex_iterator at{order.begin(), order.end(), kBound}, end; at != end; ++at) {
        const double bound = number((*at)[1]);
        const double count = samples.at(name + "_bucket{" + at->str() + "}");
        if (bound <= last_bound || count < last_count) refuse(name, "classes that do not rise");
        last_bound = bound;
        last_count = count;
    }
    if (!std::isinf(last_bound)) refuse(name, "no class +Inf");
    if (last_count != samples.at(name + "_count")) refuse(name, "+Inf is not the count");
    if (!samples.contains(name + "_sum")) refuse(name, "no sum");
}

}  // namespace

PrometheusText::PrometheusText(std::string_view text) {
    if (!text.ends_with('\n')) refuse(text, "the last line has no end");
    std::set<std::string> helps;
    std::set<std::string> finished;
    std::map<std::string, std::string> bounds;  // of a histogram, as they came
    std::string current;
    const auto enter = [&](const std::string& family, std::string_view line) {
        if (family == current) return;
        if (!current.empty()) finished.insert(current);
        if (finished.contains(family)) refuse(line, "lines of a metric stand apart");
        current = family;
    };
    while (!text.empty()) {
        const std::string line{text.substr(0, text.find('\n'))};
        text.remove_prefix(line.size() + 1);
        std::smatch part;
        if (std::regex_match(line, part, kHelp)) {
            enter(part[1], line);
            if (!helps.insert(part[1]).second) refuse(line, "a second HELP");
        } else if (std::regex_match(line, part, kType)) {
            enter(part[1], line);
            if (!types.emplace(part[1], part[2]).second) refuse(line, "a second TYPE");
        } else if (std::regex_match(line, part, kSample)) {
            const std::string family = family_of(part[1], types);
            enter(family, line);
            const double value = number(part[3]);
            if (!samples.emplace(part[1].str() + part[2].str(), value).second)
                refuse(line, "a sample twice");
            if (types[family] == "counter" && (!family.ends_with("_total") || value < 0))
                refuse(line, "no counter");
            if (part[1] == family + "_bucket") bounds[family] += part[2];
        } else {
            refuse(line, "no line of the format");
        }
    }
    for (const auto& [name, type] : types) {
        if (!helps.contains(name)) refuse(name, "no HELP");
        if (type == "histogram") check_histogram(name, bounds[name], samples);
    }
}

double PrometheusText::operator[](const std::string& sample) const {
    const auto found = samples.find(sample);
    return found == samples.end() ? 0 : found->second;
}

}  // namespace grove
