// wsgi_handler.h - one request from its head to its access line: calls the application, answers for it.
#pragma once

#include <exception>
#include <utility>

#include <grove/http/application.h>

#include "settle.h"

namespace grove::http {

class AnswerLine;
class Closing;
class Connection;
class Exchange;
class HttpError;
class RequestNote;
class RequestReader;
class ServiceLog;

/// Of one server; what goes on in a request is on the stack of its greenlet.
class WsgiHandler {
public:
    /// What it is given must outlive it.
    WsgiHandler(Application application, RequestNote& note, ServiceLog& log, RequestReader& reader,
                AnswerLine& answers, Closing& closing)
        : application_{std::move(application)},
          note_{note},
          log_{log},
          reader_{reader},
          answers_{answers},
          closing_{closing} {}

    /// Serves the connection's exchange. Afterwards the connection is still kServed, and the next request may
    /// be read; or it drains, lingers or is closed; or the hub sends the rest of the answer.
    /// @throws what killed the greenlet, with the connection closed
    void handle(Connection& connection);

private:
    struct Result {
        Fate fate = Fate::kAnswered;
        int status = 500;
        std::exception_ptr error{};
    };

    Result run(Connection& connection);
    static Result thrown(Exchange& exchange, const HttpError& error);
    void answer_for(Exchange& exchange, const Result& result);

    const Application application_;
    RequestNote& note_;
    ServiceLog& log_;
    RequestReader& reader_;
    AnswerLine& answers_;
    Closing& closing_;
};

}  // namespace grove::http
