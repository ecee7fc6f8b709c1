// postgres.h - PostgreSQL for greenlets: everything of grove::postgres, an optional component.
#pragma once

#include <grove/postgres/connection.h>  // IWYU pragma: export
#include <grove/postgres/error.h>       // IWYU pragma: export
#include <grove/postgres/param.h>       // IWYU pragma: export
#include <grove/postgres/pool.h>        // IWYU pragma: export
#include <grove/postgres/rows.h>        // IWYU pragma: export
