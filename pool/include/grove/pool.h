// grove/pool.h - groups and pools of greenlets (gevent.pool), and pools of connections.
#pragma once

#include <grove/core.h>
#include <grove/pool/connection_pool.h>
#include <grove/pool/greenlet_class.h>
#include <grove/pool/group.h>
#include <grove/pool/group_scope.h>
#include <grove/pool/pool.h>
#include <grove/pool/thread_pool.h>
