#!/usr/bin/env python3
"""Measures grove beside the floor, nginx and gevent, and prints the table of http/figures.md, "Of the server".

    tests/bench/load/run.py [--build DIR] [--only keepalive,browser] [--rounds 3] [--seconds 2]
                            [--json FILE] [--plot FILE] [--scaling FILE] [--readme FILE]

--plot FILE: the table as an SVG; --scaling FILE: cost against connections, sizes and counts; --only "": no table;
--readme FILE: the table there is replaced by the new one.

Builds a Release first, unless --build names one. Each server runs on core 0 and is started anew for each run,
wrk on core 1; the servers take turns within a round. The figure is the CPU time that the server's processes
used, divided by the requests: other work on the machine changes it little. Behind a peer's figure is grove's as a part
of it, the median of the rounds' ratios. Instructions of grove's user code and its system calls are those that
`ctest -L perf` holds (scenarios.txt).
"""
import argparse, json, os, resource, statistics, subprocess, sys, tempfile

import plot
from scenarios import ALL, POST, Idle, Requests
from servers import HERE, LARGE, Workshop

ROOT = os.path.abspath(os.path.join(HERE, "..", "..", ".."))


def build(folder, *more):
    subprocess.run(["cmake", "-S", ROOT, "-B", folder, "-DCMAKE_BUILD_TYPE=Release", "-DGROVE_TESTS=ON"], check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", folder, "-j", "2", "--target", "grove", "hello", "proxy", "stream", "static",
                    "pieces", "floor", *more], check=True, stdout=subprocess.DEVNULL)


def measure(shop, scenario, names, rounds, seconds):
    """{contestant: {figure: [a value a round]}}"""
    figures = {}
    for _ in range(rounds):
        for name, server, how in scenario.contestants(names):
            for figure, value in scenario.round(shop, server, how, seconds).items():
                figures.setdefault(name, {}).setdefault(figure, []).append(value)
    return figures


def ratio(figures, other, name="grove", figure="us"):
    """The median of the rounds' ratios: "0.97", or nothing where one of both was not measured."""
    pairs = zip(figures.get(name, {}).get(figure, []), figures.get(other, {}).get(figure, []))
    ratios = [mine / theirs for mine, theirs in pairs]
    return f"{statistics.median(ratios):.2f}" if ratios else ""


UNITS = {"us": "{:.3g} us", "bytes": "{:.3g} B", "cores": "{:.2g} cores", "calls": "{:.3g} calls",
         "peak_mb": "{:.3g} MB at once", "left": "{:.1%} of it left"}


def cell(figures, name):
    values = figures.get(name, {})
    shown = [unit.format(statistics.median(values[figure])) for figure, unit in UNITS.items() if figure in values]
    if not shown and values:
        shown = [f"p99 {statistics.median(values['p99_ms']):.2f} ms"]
    if name + " else" in figures:
        shown.append(f"x {ratio(figures, name + ' else', name)}")
    return ", ".join(shown)


def peer(figures, name):
    """What a peer took, and grove's cost as a part of it: "11 us (0.97)"."""
    part = ratio(figures, name)
    return cell(figures, name) + (f" ({part})" if part else "")


def recorded():
    """{scenario: (instructions, system calls)} of a request, as `ctest -L perf` holds them."""
    with open(os.path.join(HERE, "..", "scenarios.txt")) as file:
        lines = [line.split() for line in file.read().splitlines()[1:]]
    return {name: (int(instructions), float(calls)) for name, instructions, calls, *_ in lines}


# The scenarios of scenarios.txt that do what a row does, and the requests that one of them is.
COUNTED = {"keepalive": ("bare", 1), "browser": ("browser", 1), "pipelined": ("pipelined", 16), "post": ("post1k", 1),
           "upload": ("post1m", 1), "close": ("closed", 1), "generator": ("generator", 1), "small": ("static1k", 1),
           "tls": ("tls", 1), "log": ("logged", 1)}


def counts(key):
    """@return the cells of instructions and system calls"""
    if key not in COUNTED:
        return ["", ""]
    name, requests = COUNTED[key]
    instructions, calls = recorded()[name]
    return [f"{instructions / requests:,.0f}", f"{calls / requests:.2g}"]


def row(title, figures, key=""):
    cells = [cell(figures, "grove")] + [peer(figures, name) for name in ("floor", "nginx", "gevent")] + counts(key)
    return f"| {title} | " + " | ".join(cells) + " |"


def user_row(figures):
    return row("of it user code", {name: {"us": values["user_us"]} for name, values in figures.items()})


HEADER = ("| of the server, CPU time a request | grove | floor | nginx | gevent | instructions | system calls |\n"
          + "|---" * 7 + "|")


def put_table(path, table):
    """Replaces what follows HEADER up to the table's end."""
    with open(path) as file:
        before, after = file.read().split(HEADER + "\n")
    with open(path, "w") as file:
        file.write(before + HEADER + "\n" + table + after[after.index("\n\n") + 1:])


def scaling(shop, seconds):
    """[(size, unit, {server: [(size, figure)]})]: cost against one size at a time, the floor's beside where it can."""
    def cost(sizes, how, servers=("grove",)):
        points = {name: [] for name in servers}
        for size in sizes:
            scenario = Requests("", **how(size))
            for name in servers:
                points[name].append((size, scenario.round(shop, name, scenario.how, seconds)["us"]))
        return points

    header = lambda n: "".join(f'wrk.headers["X-Field-{i}"] = "value of field {i}"\n' for i in range(n))
    idle = Idle("")
    idle_points = []
    for idle.count in (1000, 5000, 10000, 15000):
        idle_points.append((idle.count, idle.round(shop, "grove", {}, seconds)["bytes"] * idle.count / 1e6))
    both = ("grove", "floor")
    return [("active connections", "us a request",
             cost((1, 10, 100, 1000, 10000), lambda n: {"connections": n}, both)),
            ("idle connections", "MB resident", {"grove": idle_points}),
            ("pool size", "us a request", cost((1, 10, 100, 1000, 10000), lambda n: {"pool": n})),
            ("header fields", "us a request", cost((0, 10, 20, 40, 80), lambda n: {"script": header(n)}, both)),
            ("request body, bytes", "us a request",
             cost((0, 1024, 16384, 262144), lambda n: {"script": POST.replace("1024", str(n)), "connections": 8}, both)),
            ("response body, bytes", "us a request",
             cost((1, 1024, 16384, 262144, LARGE),
                  lambda n: {"path": f"/stream?chunks=1&size={n}", "connections": 8, "body": n}, both))]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build")
    parser.add_argument("--only", default=",".join(ALL))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--json")
    parser.add_argument("--plot")
    parser.add_argument("--scaling")
    parser.add_argument("--readme")
    options = parser.parse_args()
    folder = options.build or os.path.join(ROOT, "build", "load")
    if not options.build:
        build(folder)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # ten thousand connections, here and in wrk
    with tempfile.TemporaryDirectory() as scratch:
        shop = Workshop(scratch, os.path.abspath(f"{folder}/bin/grove"), os.path.abspath(f"{folder}/bin/floor"))
        names, results = shop.available(), {}
        print(HEADER)
        table = []
        for key in filter(None, options.only.split(",")):
            results[key] = measure(shop, ALL[key], names, options.rounds, options.seconds)
            if results[key]:
                table.append(row(ALL[key].title, results[key], key))
            if key == "keepalive":
                table.append(user_row(results[key]))
            print("\n".join(table[-2 if key == "keepalive" else -1:]), flush=True)
        if options.readme:
            put_table(options.readme, "\n".join(table) + "\n")
        if options.plot:
            groups = [(ALL[key].title, {name: statistics.median(results[key][name]["us"]) for name in names
                                        if "us" in results[key].get(name, {})})
                      for key in ALL if results.get(key, {}).get("grove", {}).get("us")]
            with open(options.plot, "w") as file:
                file.write(plot.bars("CPU time of the server a request", groups, names, "us"))
        if options.scaling:
            results["scaling"] = scaling(shop, options.seconds)
            with open(options.scaling, "w") as file:
                file.write(plot.lines("What a request costs as one size grows", results["scaling"]))
        if options.json:
            with open(options.json, "w") as file:
                json.dump(results, file, indent=1)


if __name__ == "__main__":
    sys.exit(main())
