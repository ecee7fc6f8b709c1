#include "mount_terms.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "mount_path.h"
#include "response_fields.h"

namespace grove::http {
namespace {

// GET stands for HEAD, too, which then follows it.
std::vector<std::string> with_head(const std::vector<std::string>& methods) {
    const bool has_head = std::find(methods.begin(), methods.end(), "HEAD") != methods.end();
    std::vector<std::string> all;
    for (const std::string& method : methods) {
        check_mount_method(method);
        all.push_back(method);
        if (method == "GET" && !has_head) all.emplace_back("HEAD");
    }
    return all;
}

std::string joined(const std::vector<std::string>& methods) {
    std::string text;
    for (const std::string& method : methods) text.append(text.empty() ? "" : ", ").append(method);
    return text;
}

MountTerms terms_of(MountOptions&& own, const Limits& limits, const Timeouts& timeouts) {
    for (const auto& [name, value] : own.headers) check_added_field(name, value);
    MountTerms terms{.path = std::move(own.path), .limits = limits, .timeouts = timeouts};
    terms.limits.body = own.limits.body.value_or(limits.body);
    terms.limits.body_rate = own.limits.body_rate.value_or(limits.body_rate);
    terms.timeouts.request = own.timeouts.request.value_or(timeouts.request);
    terms.timeouts.body = own.timeouts.body.value_or(timeouts.body);
    terms.timeouts.write = own.timeouts.write.value_or(timeouts.write);
    terms.pool = std::move(own.pool);
    terms.methods = with_head(own.methods);
    terms.allow = joined(terms.methods);
    terms.headers = std::move(own.headers);
    return terms;
}

}  // namespace

bool MountTerms::takes(std::string_view method) const noexcept {
    return std::find(methods.begin(), methods.end(), method) != methods.end();
}

ServerMounts::ServerMounts(std::vector<MountOptions> options, const Limits& limits,
                           const Timeouts& timeouts)
    : head_limits_{limits} {
    for (MountOptions& own : options) mounts_.push_back(terms_of(std::move(own), limits, timeouts));
    order_mounts(mounts_);
    head_limits_.body = Limits::kUnbounded;
    for (std::size_t index = 0; index < mounts_.size(); ++index) {
        mounts_[index].index = index;
        for (const std::string& method : mounts_[index].methods) {
            if (!is_known_method(method)) extra_methods_.names.push_back(method);
        }
    }
}

bool ServerMounts::limit_requests() const noexcept {
    return std::any_of(mounts_.begin(), mounts_.end(),
                       [](const MountTerms& mount) { return mount.timeouts.request.has_value(); });
}

const MountTerms* ServerMounts::find(std::string_view path) const noexcept {
    return find_mount(mounts_, path);
}

Refusal ServerMounts::check(std::string_view method, const MountTerms* mount) const noexcept {
    const bool has_list = mount != nullptr && !mount->methods.empty();
    if (has_list && !mount->takes(method))
        return Refusal{405, "a method that is not among those of its mount"};
    if (!has_list && !extra_methods_.names.empty() && !is_known_method(method))
        return Refusal{501, "request line: unknown method"};
    return {};
}

}  // namespace grove::http
