#!/usr/bin/env python3
"""Measures grove beside the floor, nginx and gevent, and prints the table of README's "Figures".

    tests/bench/load/run.py [--build DIR] [--only keepalive,browser] [--rounds 3] [--seconds 2]
                            [--json FILE] [--plot FILE] [--scaling FILE]

Builds a Release first, unless --build names one. Each server runs on core 0 and is started anew for each run,
wrk on core 1; the servers take turns within a round. The figure is the CPU time that the server's processes
used, divided by the requests: other work on the machine changes it little. Ratios are medians of the rounds'.
"""
import argparse, json, os, statistics, subprocess, sys, tempfile

import plot
from scenarios import ALL, POST, Idle, Requests
from servers import HERE, LARGE, Workshop

ROOT = os.path.abspath(os.path.join(HERE, "..", "..", ".."))


def build(folder):
    subprocess.run(["cmake", "-S", ROOT, "-B", folder, "-DCMAKE_BUILD_TYPE=Release", "-DGROVE_TESTS=ON"], check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", folder, "-j", "2", "--target", "grove", "hello", "stream", "static", "floor"],
                   check=True, stdout=subprocess.DEVNULL)


def measure(shop, scenario, names, rounds, seconds):
    """{server: {figure: [a value a round]}}"""
    figures = {}
    for _ in range(rounds):
        for name in names:
            if scenario.serves(name):
                for figure, value in scenario.round(shop, name, seconds).items():
                    figures.setdefault(name, {}).setdefault(figure, []).append(value)
    return figures


def ratio(figures, other, figure="us"):
    if other not in figures or figure not in figures[other]:
        return ""
    pairs = zip(figures["grove"][figure], figures[other][figure])
    return f"{statistics.median(a / b for a, b in pairs):.2f}"


def row(title, figures):
    cells = []
    for name in ("floor", "grove", "nginx", "gevent"):
        values = figures.get(name, {})
        cells.append(", ".join(f"{statistics.median(numbers):.3g} {unit}" for unit, numbers in
                               ((u, values[k]) for k, u in (("us", "us"), ("bytes", "B"), ("cores", "cores"),
                                                            ("calls", "calls")) if k in values)))
    if "us" not in figures["grove"] and "p99_ms" in figures["grove"]:
        cells[1] = f"p99 {statistics.median(figures['grove']['p99_ms']):.2f} ms"
    return f"| {title} | " + " | ".join(cells + [ratio(figures, n) for n in ("floor", "nginx", "gevent")]) + " |"


def scaling(shop, seconds):
    """Cost of a request against one size at a time."""
    def cost(**how):
        return measure(shop, Requests("", only=("grove",), **how), ["grove"], 1, seconds)["grove"]["us"][0]

    header = lambda n: "".join(f'wrk.headers["X-Field-{i}"] = "value of field {i}"\n' for i in range(n))
    body = lambda n: POST.replace("1024", str(n))
    idle = lambda n: Idle("", n).round(shop, "grove", seconds)["bytes"] * n / 1e6
    return [("active connections", [(n, cost(connections=n)) for n in (1, 10, 100, 1000, 10000)], "us a request"),
            ("idle connections", [(n, idle(n)) for n in (1000, 5000, 10000, 15000)], "MB resident"),
            ("pool size", [(n, cost(pool=n)) for n in (1, 10, 100, 1000, 10000)], "us a request"),
            ("header fields", [(n, cost(script=header(n))) for n in (0, 10, 20, 40, 80)], "us a request"),
            ("request body, bytes", [(n, cost(script=body(n), connections=8)) for n in (0, 1024, 16384, 262144)],
             "us a request"),
            ("response body, bytes", [(n, cost(path=f"/stream?chunks=1&size={n}", connections=8))
                                      for n in (1, 1024, 16384, 262144, LARGE)], "us a request")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build")
    parser.add_argument("--only", default=",".join(ALL))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--json")
    parser.add_argument("--plot")
    parser.add_argument("--scaling")
    options = parser.parse_args()
    folder = options.build or os.path.join(ROOT, "build", "load")
    if not options.build:
        build(folder)
    with tempfile.TemporaryDirectory() as scratch:
        shop = Workshop(scratch, os.path.abspath(f"{folder}/bin/grove"), os.path.abspath(f"{folder}/bin/floor"))
        names, results = shop.available(), {}
        print("| CPU time a request | floor | grove | nginx | gevent | of floor | of nginx | of gevent |\n" + "|---" * 8 + "|")
        for key in options.only.split(","):
            results[key] = measure(shop, ALL[key], names, options.rounds, options.seconds)
            if results[key]:
                print(row(ALL[key].title, results[key]), flush=True)
        if options.json:
            with open(options.json, "w") as file:
                json.dump(results, file, indent=1)
        if options.plot:
            groups = [(ALL[key].title, {name: statistics.median(f["us"]) for name, f in figures.items() if "us" in f})
                      for key, figures in results.items() if figures.get("grove", {}).get("us")]
            with open(options.plot, "w") as file:
                file.write(plot.bars("CPU time of the server a request", groups, names, "us"))
        if options.scaling:
            with open(options.scaling, "w") as file:
                file.write(plot.lines("What a request costs as one size grows", scaling(shop, options.seconds)))


if __name__ == "__main__":
    sys.exit(main())
