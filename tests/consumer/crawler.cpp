// A bounded crawler: pages found on the way go into a queue, eight at a time are visited, each has
// its own time, and the crawl ends when no page is left to visit.
#include <chrono>
#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include <grove/core.h>
#include <grove/pool.h>

using namespace std::chrono_literals;

namespace {

// A site of 1 + 10 + 100 pages: page "1/4" links to "1/4/0" … Pages that end in 7 never answer.
std::vector<std::string> links_on(const std::string& page) {
    if (page.back() == '7') grove::sleep(1h);
    grove::sleep(1ms);
    std::vector<std::string> links;
    if (page.size() >= 5) return links;
    for (char digit = '0'; digit <= '9'; ++digit) links.push_back(page + '/' + digit);
    return links;
}

class Crawler {
public:
    void crawl(const std::string& start) {
        enqueue(start);
        // When all that was put is done, the loop below ends.
        const auto closer = grove::spawn([this] {
            queue_.join();
            queue_.shutdown();
        });
        for (const std::string& page : queue_)
            pool_.spawn([this, page] { visit(page); });  // blocks while eight are busy
        pool_.join();
    }
    [[nodiscard]] std::size_t visited() const { return visited_; }
    [[nodiscard]] std::size_t late() const { return late_; }

private:
    void enqueue(const std::string& page) {
        if (seen_.insert(page).second) queue_.put(page);
    }
    void visit(const std::string& page) {
        const struct Done {  // however this visit ends
            grove::JoinableQueue<std::string>& queue;
            ~Done() { queue.task_done(); }
        } done{queue_};
        const bool in_time = grove::try_for(50ms, [&] {
            for (const std::string& link : links_on(page)) enqueue(link);
        });
        ++(in_time ? visited_ : late_);
    }

    grove::JoinableQueue<std::string> queue_;
    grove::Pool pool_{8};
    std::set<std::string> seen_;
    std::size_t visited_ = 0;
    std::size_t late_ = 0;
};

}  // namespace

int main() {
    Crawler crawler;
    crawler.crawl("0");
    std::printf("%zu pages visited, %zu were too late\n", crawler.visited(), crawler.late());
    // "0", nine of its ten links, and nine of ten on each of those; 1 + 9 pages end in 7.
    return crawler.visited() == 1 + 9 + 81 && crawler.late() == 1 + 9 ? 0 : 1;
}
