// What "workers": "auto" means under quotas and affinities, in made-up trees of /proc and /sys (O-014).
#include "auto_workers.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <sched.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "serving.h"
#include "temporary_folder.h"

namespace grove {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* kMount2 = "30 22 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n";
constexpr const char* kMount1 =
    "29 22 0:25 / /proc rw - proc proc rw\n"
    "31 30 0:28 / /sys/fs/cgroup/cpuset rw shared:7 - cgroup cgroup rw,cpuset\n"
    "32 30 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n";

struct File {
    std::string path;
    std::string content;
};

struct Tree {
    const char* what;
    std::vector<File> files;
    std::size_t of_eight;  ///< What "auto" means with eight processors.
};

std::vector<File> version_2(const std::string& group, std::vector<File> further) {
    further.push_back({"proc/self/cgroup", "0::" + group + "\n"});
    further.push_back({"proc/self/mountinfo", kMount2});
    return further;
}

std::vector<File> version_1(const std::string& group, std::vector<File> further) {
    further.push_back({"proc/self/cgroup",
                       "5:cpuset:/elsewhere\n3:cpu,cpuacct:" + group + "\n1:name=systemd:/x\n"});
    further.push_back({"proc/self/mountinfo", kMount1});
    return further;
}

/// The two files of a group of version 1.
std::vector<File> limits(const std::string& group, const std::string& quota,
                         const std::string& period) {
    const std::string folder = "sys/fs/cgroup/cpu,cpuacct" + group;
    return {{folder + "/cpu.cfs_quota_us", quota + "\n"},
            {folder + "/cpu.cfs_period_us", period + "\n"}};
}

std::vector<File> both(std::vector<File> one, const std::vector<File>& other) {
    one.insert(one.end(), other.begin(), other.end());
    return one;
}

std::vector<Tree> trees() {
    return {
        {"nothing at all", {}, 8},
        {"version 2 without a limit", version_2("/", {}), 8},
        {"version 2, max", version_2("/a", {{"sys/fs/cgroup/a/cpu.max", "max 100000\n"}}), 8},
        {"version 2, a part of one",
         version_2("/a", {{"sys/fs/cgroup/a/cpu.max", "5000 100000\n"}}), 1},
        {"version 2, exactly two",
         version_2("/a", {{"sys/fs/cgroup/a/cpu.max", "200000 100000\n"}}), 2},
        {"version 2, a little over two",
         version_2("/a", {{"sys/fs/cgroup/a/cpu.max", "200001 100000\n"}}), 3},
        {"version 2, more than there are",
         version_2("/a", {{"sys/fs/cgroup/a/cpu.max", "9000000 100000\n"}}), 8},
        {"version 2, the usual period", version_2("/a", {{"sys/fs/cgroup/a/cpu.max", "300000\n"}}),
         3},
        {"version 2, of the namespace's own group",
         version_2("/", {{"sys/fs/cgroup/cpu.max", "150000 100000\n"}}), 2},
        {"version 2, an ancestor's is less",
         version_2("/a/b/c", {{"sys/fs/cgroup/a/cpu.max", "150000 100000\n"},
                              {"sys/fs/cgroup/a/b/cpu.max", "max 100000\n"},
                              {"sys/fs/cgroup/a/b/c/cpu.max", "400000 100000\n"}}),
         2},
        {"version 2, an ancestor's is more",
         version_2("/a/b", {{"sys/fs/cgroup/a/cpu.max", "500000 100000\n"},
                            {"sys/fs/cgroup/a/b/cpu.max", "20000 10000\n"}}),
         2},
        {"version 2, a neighbour's is none of ours",
         version_2("/a", {{"sys/fs/cgroup/b/cpu.max", "100000 100000\n"}}), 8},
        {"version 2, a part of the tree is mounted",
         {{"proc/self/cgroup", "0::/docker/abc/own\n"},
          {"proc/self/mountinfo",
           "30 22 0:27 /docker/abc /sys/fs/cgroup ro master:4 - cgroup2 cgroup rw\n"},
          {"sys/fs/cgroup/cpu.max", "300000 100000\n"},
          {"sys/fs/cgroup/own/cpu.max", "200000 100000\n"}},
         2},
        {"version 2, named from outside of the namespace",
         {{"proc/self/cgroup", "0::/../../other\n"},
          {"proc/self/mountinfo", kMount2},
          {"sys/fs/cgroup/cpu.max", "300000 100000\n"}},
         3},
        {"version 2, mounted elsewhere, in a folder with a space",
         {{"proc/self/cgroup", "0::/a\n"},
          {"proc/self/mountinfo", "30 22 0:27 / /run/the\\040groups rw - cgroup2 none rw\n"},
          {"run/the groups/a/cpu.max", "300000 100000\n"}},
         3},
        {"version 2, without mountinfo",
         {{"proc/self/cgroup", "0::/a\n"}, {"sys/fs/cgroup/a/cpu.max", "300000 100000\n"}},
         3},
        {"version 1 without a limit", version_1("/a", limits("/a", "-1", "100000")), 8},
        {"version 1", version_1("/a", limits("/a", "250000", "100000")), 3},
        {"version 1, another period", version_1("/a", limits("/a", "250000", "50000")), 5},
        {"version 1, an ancestor's is less",
         version_1("/a/b",
                   both(limits("/a", "100000", "100000"), limits("/a/b", "400000", "100000"))),
         1},
        {"version 1, of the namespace's own group", version_1("/", limits("", "250000", "100000")),
         3},
        {"version 1, a part of the tree is mounted",
         both({{"proc/self/cgroup", "3:cpu,cpuacct:/docker/abc\n"},
               {"proc/self/mountinfo",
                "32 30 0:29 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup "
                "rw,cpu,cpuacct\n"}},
              limits("", "250000", "100000")),
         3},
        {"version 1, without mountinfo",
         {{"proc/self/cgroup", "4:cpu:/a\n"},
          {"sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "300000"},
          {"sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000"}},
         3},
        {"both versions, of which the first has the controller",
         both({{"proc/self/cgroup", "3:cpu,cpuacct:/a\n0::/a\n"},
               {"proc/self/mountinfo",
                std::string{kMount1} +
                    "40 30 0:37 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"}},
              limits("/a", "250000", "100000")),
         3},
    };
}

std::vector<Tree> malformed_trees() {
    std::vector<Tree> all;
    for (const char* content :
         {"", "\n", "max\n", "x 100000\n", "-5 100000\n", "0 100000\n", "100000 0\n", "100000 -1\n",
          "100000 x\n", "1e5 100000\n", "99999999999999999999 100000\n", "100000,100000\n"})
        all.push_back({content, version_2("/a", {{"sys/fs/cgroup/a/cpu.max", content}}), 8});
    for (const char* quota : {"", "x", "0", "-1", "1.5", "99999999999999999999"}) {
        all.push_back({quota, version_1("/a", limits("/a", quota, "100000")), 8});
        all.push_back({quota, version_1("/a", limits("/a", "100000", quota)), 8});
    }
    for (const char* group : {"", "\n", "0\n", "0:\n", "0::\n", "0::a\n", ":::::\n", "cpu\n"}) {
        all.push_back({group,
                       {{"proc/self/cgroup", group},
                        {"proc/self/mountinfo", kMount2},
                        {"sys/fs/cgroup/a/cpu.max", "100000 100000\n"}},
                       8});
    }
    for (const char* mount : {"x\n", " - \n", " - cgroup2\n", "1 2 3 / - cgroup2 x rw\n",
                              "30 22 0:27 / /elsewhere\\04 rw - cgroup2 x rw\n"}) {
        all.push_back(
            {mount, {{"proc/self/cgroup", "0::/a\n"}, {"proc/self/mountinfo", mount}}, 8});
    }
    return all;
}

AutoWorkers in(const Tree& tree, std::size_t processors) {
    const TemporaryFolder root;
    for (const File& file : tree.files) {
        const fs::path path = root.path() / file.path;
        fs::create_directories(path.parent_path());
        std::ofstream{path} << file.content;
    }
    return auto_workers(root.path(), processors);
}

TEST(AutoWorkers, AreWhatTheNarrowestQuotaLetsRun) {
    for (const Tree& tree : trees()) {
        SCOPED_TRACE(tree.what);
        EXPECT_EQ(in(tree, 8).count, tree.of_eight);
        EXPECT_EQ(in(tree, 1).count, 1U);
    }
}

TEST(AutoWorkers, TakeWhatIsMalformedForNoQuota) {
    for (const Tree& tree : malformed_trees()) {
        SCOPED_TRACE(tree.what);
        EXPECT_EQ(in(tree, 8).count, tree.of_eight);
    }
}

TEST(AutoWorkers, SayWhy) {
    const Tree bound{"", version_2("/a", {{"sys/fs/cgroup/a/cpu.max", "150000 100000\n"}}), 2};
    EXPECT_EQ(in(bound, 8).reason, "the cgroup's quota is 1.50, and grove may run on 8 processors");
    EXPECT_EQ(in(bound, 2).reason, "grove may run on 2 processors, and the cgroup's quota is 1.50");
    EXPECT_EQ(in({"", {}, 8}, 8).reason,
              "grove may run on 8 processors, and no cgroup has a quota");
}

// In a thread of its own: the affinity is a thread's.
std::size_t allowed_on(std::size_t most) {
    std::size_t allowed = 0;
    std::thread{[&] {
        cpu_set_t all;
        ASSERT_EQ(::sched_getaffinity(0, sizeof all, &all), 0);
        cpu_set_t few;
        CPU_ZERO(&few);
        for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
            if (CPU_ISSET(cpu, &all) && static_cast<std::size_t>(CPU_COUNT(&few)) < most)
                CPU_SET(cpu, &few);
        }
        ASSERT_EQ(::sched_setaffinity(0, sizeof few, &few), 0);
        allowed = allowed_processors();
    }}.join();
    return allowed;
}

TEST(AllowedProcessors, AreThoseOfTheAffinity) {
    EXPECT_EQ(allowed_on(1), 1U);
    EXPECT_LE(allowed_on(2), 2U);
    EXPECT_EQ(allowed_on(CPU_SETSIZE), allowed_processors());
}

/// Its processes start on one processor.
class OnOneProcessor : public testing::Test {
protected:
    OnOneProcessor() {
        ::sched_getaffinity(0, sizeof before_, &before_);
        std::size_t first = 0;
        while (!CPU_ISSET(first, &before_)) ++first;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(first, &one);
        ::sched_setaffinity(0, sizeof one, &one);
    }
    ~OnOneProcessor() override { ::sched_setaffinity(0, sizeof before_, &before_); }
    OnOneProcessor(const OnOneProcessor&) = delete;
    OnOneProcessor& operator=(const OnOneProcessor&) = delete;

    cpu_set_t before_;
};

TEST_F(OnOneProcessor, AutoIsOneWorkerAndTheLogSaysSo) {
    const TemporaryFolder folder;
    RunningProgram server{serve_command({"--listen", "127.0.0.1:0", "--app", "hello", "--workers",
                                         "auto", "--access-log", "off"}),
                          (folder.path() / "output").string()};
    EXPECT_THAT(server.read_error_line(),
                HasSubstr("] workers: \"auto\" is 1: grove may run on 1 processors"));
    EXPECT_THAT(server.read_error_line(), HasSubstr("grove: listening on "));
    //
    EXPECT_THAT(server.read_error_line(),
                testing::StartsWith("grove: master " + std::to_string(server.pid()) +
                                    ", 1 worker: grove may run on 1 processors"));
    EXPECT_EQ(children_of(server.pid()).size(), 1U);
}

}  // namespace
}  // namespace grove
