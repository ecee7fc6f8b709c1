// The schema is held against the table it is made of, and against the reader: both give one verdict.
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "config_error.h"
#include "config_keys.h"
#include "config_schema.h"
#include "read_config.h"
#include "temporary_folder.h"

namespace grove::http {
namespace {

using nlohmann::json;
using Adapter = valijson::adapters::NlohmannJsonAdapter;

const json& whole_schema() {
    static const json schema = json::parse(config_schema());
    return schema;
}

bool schema_takes(const json& value) {
    static const auto* const schema = [] {
        auto* const made = new valijson::Schema;  // kept to the end, as a static one would be
        valijson::SchemaParser{valijson::SchemaParser::kDraft7}.populateSchema(
            Adapter{whole_schema()}, *made);
        return made;
    }();
    static valijson::Validator validator;  // it keeps each pattern as it has compiled it
    return validator.validate(*schema, Adapter{value}, nullptr);
}

// Every key, and each with a value that it takes.
const json kFull = json::parse(R"({
    "listen": [{"address": "unix:/s", "mode": "0660", "defer_accept": true, "proxy_protocol": "v2",
                "tls": {"certificate": "c", "key": "k", "client_ca": "a", "client": "optional",
                        "client_crl": "c", "min_version": "1.3", "ciphers": "a", "ciphersuites": "b", "groups": "c",
                        "ticket_lifetime": 1, "ocsp": "o",
                        "names": {"*.a.org": {"certificate": "c", "key": "k"},
                                  "B": [{"certificate": "c", "key": "k", "ocsp": "o"}]}}},
               {"address": "unix:/t", "h2c": true}],
    "workers": 2, "accept": "shared", "pool": 10, "max_connections": 10, "backlog": 5,
    "stack": 65536,
    "apps": [{"app": "hello", "mount": "/", "config": {"any": 1}, "stack": 65536,
              "around": [{"app": "a", "config": {}}, "b"],
              "timeouts": {"request": 1, "body": 1, "write": 1}, "limits": {"body": 1, "body_rate": 0},
              "pool": 1, "methods": ["GET"], "headers": {"X-A": ["a"]}}],
    "around": [{"app": "a", "config": {}}, "b"],
    "plugin_path": ["p"], "copy_plugins": false,
    "timeouts": {"header": 1, "body": 1.5, "idle": 1, "write": 1, "request": 1,
                 "tls_handshake": 1, "drain_delay": 1, "shutdown": 1,
                 "unwind": 1, "load": 1, "worker": 1, "body_slot": 1, "write_slot": 1, "abandoned": 1,
                 "websocket_ping": 1, "websocket_pong": 1},
    "limits": {"request_line": 1, "headers": 1, "header_bytes": 1, "body": 1, "body_rate": 1,
        "body_buffer": 0, "buffered": 1, "write_rate": 1, "slow": 0, "detached": 0, "event_streams": 0, "websockets": 0,
        "websocket_message": 1, "websocket_frames": 1,
        "connections_per_ip": 1, "requests_per_ip": {"rate": 0.5, "burst": 1}},
    "log": {"access": "-", "format": "json", "error": "off", "level": "warn", "blocking": 1},
    "admin": {"address": "unix:/a", "mode": "0660", "names": ["a.org"], "token": "a/b="}, "backdoor": "unix:/b",
    "server_name": "a.org", "server_header": "grove",
    "trusted_proxies": ["unix"], "forwarded": "forwarded", "keepalive_requests": 5, "keep_alive_hint": true,
    "abandoned_on_fin": true, "traceparent": true,
    "http2": {"streams": 1, "stream_window": 1, "connection_window": 65535, "resets": {"rate": 1, "burst": 1},
              "abuse": {"rate": 0.5, "burst": 1}},
    "user": "nobody", "group": "nogroup", "dumpable": true,
    "pid_file": "p.pid"
})");

// Every place in the value, "" first.
void add_places(const json& value, const json::json_pointer& at,
                std::vector<json::json_pointer>& places) {
    places.push_back(at);
    for (const auto& [name, child] : value.items()) {
        if (!value.is_structured()) break;
        add_places(child, value.is_array() ? at / std::stoul(name) : at / name, places);
    }
}

std::vector<json::json_pointer> places_in(const json& value) {
    std::vector<json::json_pointer> places;
    add_places(value, json::json_pointer{}, places);
    return places;
}

class ConfigSchema : public testing::Test {
protected:
    bool reader_takes(const json& value) const {
        const auto file = folder_.path() / "grove.json";
        std::ofstream{file} << value.dump();
        try {
            read_config(file);
            return true;
        } catch (const ConfigError&) {
            return false;
        }
    }

    void expect_one_verdict(const json& value) const {
        EXPECT_EQ(schema_takes(value), reader_takes(value)) << value;
    }

    /// Only what one key is in, beside an application, and what proxy_protocol and h2c need, of which the schema does
    /// not know: the schema's patterns are slow to try.
    static json with_key(const json::json_pointer& place) {
        if (place.empty()) return kFull;
        json::json_pointer top = place;
        while (!top.parent_pointer().empty()) top.pop_back();
        json small{{"apps", kFull.at("apps")},
                   {"trusted_proxies", kFull.at("trusted_proxies")},
                   {"http2", json::object()}};
        small[top] = kFull.at(top);
        return small;
    }

    TemporaryFolder folder_;
};

TEST_F(ConfigSchema, TakesAConfigurationWithEveryKeyOfTheTable) {
    EXPECT_TRUE(schema_takes(kFull));
    EXPECT_TRUE(reader_takes(kFull));

    std::set<std::string> pointers;
    for (const json::json_pointer& place : places_in(kFull)) {
        std::string text = place.to_string();
        for (const std::string named : {"/X-A/0", "/X-A", "/*.a.org", "/B/0", "/B", "/0", "/1"}) {
            for (std::size_t at = 0; (at = text.find(named, at)) != std::string::npos;)
                text.replace(at, named.size(), "/*");
        }
        if (text != "/apps/*/config/any") pointers.insert(text);
    }
    std::vector<std::string> known;
    for (const ConfigKey& key : config_keys()) known.emplace_back(key.pointer);
    EXPECT_THAT(pointers, testing::UnorderedElementsAreArray(known));
}

TEST_F(ConfigSchema, HasTheReadersVerdictOnEachKeyWithEachKindOfValue) {
    const json values[] = {nullptr,
                           true,
                           -1,
                           0,
                           1,
                           1.5,
                           1000,
                           2000000000,
                           3000000000,
                           10000000000,
                           100000000000000000,
                           -0.5,
                           70000,
                           "",
                           "x",
                           "/x",
                           "-",
                           "off",
                           "auto",
                           "8000",
                           "shared",
                           "info",
                           "v1",
                           "any",
                           "forwarded",
                           "json",
                           "required",
                           "0777",
                           "a:b",
                           ":80",
                           "*:1",
                           "[::1]:80",
                           "::1",
                           "1.2.3.4/8",
                           "unix",
                           "unix/8",
                           "a\r\nb",
                           "\xc3\xbc",
                           std::string{"a\0b", 3},
                           json::array(),
                           json::array({""}),
                           json::array({"x"}),
                           json::array({json::object()}),
                           json::object(),
                           json::object({{"x", 1}}),
                           json::object({{"a.org", json::object()}}),
                           json::object({{"", 1}})};
    for (const json::json_pointer& place : places_in(kFull)) {
        for (const json& value : values) {
            json changed = with_key(place);
            changed[place] = value;
            // A mode is for a unix socket: what keys say of one another the schema does not know.
            if (place.to_string() == "/listen/0/address") changed["listen"][0].erase("mode");
            if (place.to_string() == "/admin/address") changed["admin"].erase("mode");
            expect_one_verdict(changed);
        }
    }
}

// A-063: only the reader knows what the environment has; so the schema takes each reference.
TEST_F(ConfigSchema, TakesAReferenceToTheEnvironmentForEachValue) {
    for (const json::json_pointer& place : places_in(kFull)) {
        json changed = with_key(place);
        const json& value = changed[place];
        if (value.is_structured()) continue;
        const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
        changed[place] = "${GROVE_TEST_NONE:-" + text + "}";
        if (place.to_string() == "/group") changed["user"] = "nobody";  // which it needs beside it
        EXPECT_TRUE(schema_takes(changed)) << changed;
        EXPECT_TRUE(reader_takes(changed)) << changed;
    }
}

TEST_F(ConfigSchema, HasTheReadersVerdictOnWhatMissesAndWhatIsUnknown) {
    for (const json::json_pointer& place : places_in(kFull)) {
        json more = with_key(place);
        if (more[place].is_object()) {
            more[place]["Nosuch Key"] = 1;
            expect_one_verdict(more);
        }
        if (place.empty() || !kFull[place.parent_pointer()].is_object()) continue;
        json less = with_key(place);
        less[place.parent_pointer()].erase(place.back());
        expect_one_verdict(less);
    }
}

TEST_F(ConfigSchema, DescribesEachKey) {
    // The schema of a key: below its section's "properties", its list's "items", …
    for (const ConfigKey& key : config_keys()) {
        const json* at = &whole_schema();
        const std::string pointer{key.pointer};
        for (std::size_t begin = 1; begin < pointer.size();) {
            const std::size_t end = std::min(pointer.find('/', begin), pointer.size());
            const std::string step = pointer.substr(begin, end - begin);
            begin = end + 1;
            if (at->contains("anyOf") && at->at("anyOf")[1].contains("properties"))
                at = &at->at("anyOf")[1];
            at = step != "*"             ? &at->at("properties").at(step)
                 : at->contains("items") ? &at->at("items")
                                         : &at->at("additionalProperties");
        }
        EXPECT_EQ(at->at("description"), key.help) << pointer;
    }
}

TEST_F(ConfigSchema, KnowsTheDefaults) {
    const json& keys = whole_schema().at("properties");
    const auto default_at = [&](const char* pointer) {
        return keys.at(json::json_pointer{pointer}).at("default");
    };
    EXPECT_EQ(default_at("/listen"), json::array({"127.0.0.1:8000"}));
    EXPECT_EQ(default_at("/workers"), 1);
    EXPECT_EQ(default_at("/accept"), "reuseport");
    EXPECT_EQ(default_at("/pool"), 1000);
    EXPECT_EQ(default_at("/keepalive_requests"), nullptr);
    EXPECT_EQ(default_at("/forwarded"), "x-forwarded");
    EXPECT_EQ(default_at("/timeouts/properties/idle"), 75);
    EXPECT_EQ(default_at("/timeouts/properties/request"), nullptr);
    EXPECT_EQ(default_at("/timeouts/properties/drain_delay"), 0);
    EXPECT_EQ(default_at("/limits/properties/body_rate"), 512);
    EXPECT_EQ(default_at("/log/properties/access"), "-");
    EXPECT_EQ(default_at("/apps/items/properties/mount"), "/");
    EXPECT_EQ(default_at("/apps/items/properties/config"), json::object());
    EXPECT_EQ(default_at("/apps/items/properties/around"), json::array());
    EXPECT_EQ(default_at("/around"), json::array());
    for (const char* const none :
         {"/apps", "/plugin_path", "/admin", "/server_name", "/server_header", "/trusted_proxies",
          "/apps/items/properties/app", "/apps/items/properties/stack"})
        EXPECT_FALSE(keys.at(json::json_pointer{none}).contains("default")) << none;
}

}  // namespace
}  // namespace grove::http
