// work.h - what a worker process does.
#pragma once

#include <grove/http/config.h>
#include <grove/http/supervisor.h>

#include "fair_share.h"

/// Loads everything, says it is ready, serves until it is told to end. In a process of its own.
/// @param share  of the connections of queues that several workers accept from
/// @return the exit code; a configuration that cannot be used was told to the master
int work(const grove::http::Config& config, grove::http::Worker& worker, FairShare& share);
