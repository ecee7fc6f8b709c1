// changes.h - tells the pages that are open that their user's notes have changed, in any worker.
#pragma once

#include <map>
#include <string>

#include <grove/core.h>
#include <grove/http.h>

/// Those who follow, in this worker. Thread: the worker's.
class Changes {
public:
    /// Hears what the database tells, connecting again and again, until it is killed.
    void listen(const std::string& database);
    /// Sends an event at once, and after each change of the user's notes, while the client listens.
    void follow(const std::string& user, grove::http::EventStream stream);

private:
    void hear(const std::string& database);

    std::multimap<std::string, grove::Event*> followers_;  // by user
};
