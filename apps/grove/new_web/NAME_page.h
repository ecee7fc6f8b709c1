// @NAME@_page.h - what the application shows.
#pragma once

#include <deque>
#include <string>

struct Entry {
    std::string name{};
    std::string text{};
};

struct Page {
    std::string title{};
    std::string visitor{};     ///< Who signed in this session; "": nobody.
    std::string csrf_token{};  ///< Each form sends it back.
    std::string fault{};       ///< What was wrong with the form; "": nothing.
};

/// Everything in it is escaped.
std::string show(const Page& page, const std::deque<Entry>& entries);
