#!/usr/bin/python3
"""scenarios.py PROGRAM PLUGIN RECORD COMPILER [record] [NAME ...] - what each scenario of scenario_cost costs.

callgrind counts the instructions of the server's process (of client: of the client's), and strace its system calls;
both are what one request more costs. They must be what RECORD says: instructions within 3 %, those of http/web within
1 %, calls within 10 % and a half. "record" writes them. With names only these are measured. Exit 77: this machine
cannot tell.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

# Of both runs: what is counted is the difference.
TIMES = {"post1m": (5, 25), "post64k": (20, 120), "mounts": (50, 250), "timeout": (200, 1200), "kill": (200, 1200),
         "http2x32": (20, 220), "ended": (200, 1200), "lookup": (1000, 3000)}
USUAL = (200, 1200)
# callgrind counts a step of "rep movsb" for each byte: the C library copies by vectors, whatever the processor likes.
VECTORS = "glibc.cpu.x86_rep_movsb_threshold=1000000000:glibc.cpu.x86_rep_stosb_threshold=1000000000"
NAMES = ["bare", "browser", "fields", "post1k", "post64k", "post1m", "pipelined", "closed", "tls", "text16k",
         "generator", "vector", "logged", "mounts", "static1k", "by_hand", "routed", "limited", "http2",
         "http2x32", "timeout", "kill", "ended", "lookup", "client"]
WITHOUT_CLIENT = {"timeout", "kill", "ended", "lookup", "client"}
# Of http/web: a look-up among 1,000 rules, a handler of a Router beside the same by hand, a rate limit
# around what bare has.
NEAR = {"by_hand": 0.01, "routed": 0.01, "limited": 0.01, "lookup": 0.01}


def run(command):
    result = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False,
                            env={**os.environ, "GLIBC_TUNABLES": VECTORS})
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit {result.returncode}\n{result.stderr}")


def instructions(command):
    with tempfile.NamedTemporaryFile() as out:
        run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}", *command])
        with open(out.name, encoding="utf-8") as file:
            return int(re.search(r"^(?:summary|totals): (\d+)", file.read(), re.M).group(1))


def calls(command):
    """Their counts by name."""
    with tempfile.NamedTemporaryFile() as out:
        run(["strace", "-c", "-U", "calls,name", "-o", out.name, *command])
        with open(out.name, encoding="utf-8") as file:
            counts = re.findall(r"^ *(\d+) (\w+)$", file.read(), re.M)
    return {name: int(count) for count, name in counts if name != "total"}


def measure(program, plugin, name):
    few, many = TIMES.get(name, USUAL)
    last = [] if name in WITHOUT_CLIENT else [plugin]
    both = [[program, name, str(times), *last] for times in (few, many)]
    cost = [instructions(command) for command in both]
    made = [calls(command) for command in both]
    more = {call: (made[1][call] - made[0].get(call, 0)) / (many - few) for call in made[1]}
    more = {call: count for call, count in more.items() if count >= 0.05}
    return (cost[1] - cost[0]) // (many - few), more


def main():
    program, plugin, record, compiler, *rest = sys.argv[1:]
    for tool in ("valgrind", "strace"):
        if shutil.which(tool) is None:
            print(f"{tool} is not installed")
            return 77
    recording = "record" in rest
    names = [name for name in rest if name != "record"] or NAMES
    recorded = {}
    if os.path.exists(record):
        with open(record, encoding="utf-8") as file:
            recorded_by, *lines = file.read().splitlines()
        recorded = {line.split()[0]: line for line in lines}
        if recorded_by != compiler and not recording:
            print(f"recorded with {recorded_by}, built with {compiler}: they cannot be compared")
            return 77
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    failed = False
    for name in names:
        cost, by_name = measure(program, plugin, name)
        total = sum(by_name.values())
        told = " ".join(f"{call}={count:.2f}" for call, count in sorted(by_name.items()))
        before = recorded.get(name, "").split()
        line = f"{name} {cost} {total:.2f}"
        print(f"{line}   {told}   before: {' '.join(before[1:]) or 'nothing'}", flush=True)
        if recording:
            recorded[name] = line
        elif len(before) < 3 or abs(cost - int(before[1])) > NEAR.get(name, 0.03) * int(before[1]) or abs(
                total - float(before[2])) > 0.1 * float(before[2]) + 0.5:
            print(f"  {name}: not as recorded; if it is meant: record {name}")
            failed = True
    if recording:
        with open(record, "w", encoding="utf-8") as file:
            print(compiler, *(recorded[name] for name in NAMES if name in recorded), sep="\n", file=file)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
