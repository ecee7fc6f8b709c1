// work.h - what a worker process does.
#pragma once

#include <grove/http/supervisor.h>

#include "fair_share.h"
#include "prepared.h"

/// Loads everything, says it is ready, serves until it is told to end. In a process of its own.
/// @param share  of the connections of queues that several workers accept from
/// @return the exit code; a configuration that cannot be used was told to the master
int work(const Prepared& prepared, grove::http::Worker& worker, FairShare& share);
