#!/usr/bin/python3
"""metrics_test.py SOURCE GROVE APPS - observing.md, Grafana's dashboard and Prometheus' rules name what a server of grove
shows: no metric and no label that is not there. GROVE is the built binary, APPS the folder with its plugins."""
import json
import re
import subprocess
import sys
import tempfile
import unittest
import urllib.request
from pathlib import Path
from shutil import which

import yaml

source, grove, apps = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
PROMETHEUS = source / "docker/prometheus"
DASHBOARD = json.loads((source / "docker/grafana/grove.json").read_text())
RULES = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())
BY_PROMETHEUS = {"up": {"job", "instance"}}
TARGET = {"job", "instance"}  # the labels that Prometheus adds


def served():
    """{metric: labels} and {sample: labels} of a server that has answered a request."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "grove.json"
        certificate = {"certificate": f"{folder}/certificate.pem", "key": f"{folder}/key.pem"}
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                        "/CN=localhost", "-days", "30", "-out", certificate["certificate"], "-keyout", certificate["key"]],
                       check=True, capture_output=True)
        listen = ["127.0.0.1:0", {"address": "127.0.0.1:0", "tls": certificate}]
        file.write_text(json.dumps({"listen": listen, "admin": "127.0.0.1:0", "max_connections": 100,
                                    "apps": [{"app": "hello"}], "plugin_path": [apps]}))
        with subprocess.Popen([grove, "serve", file], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              text=True) as server:
            try:
                log = ""
                while "grove: master" not in log:
                    line = server.stderr.readline()
                    if not line:
                        raise RuntimeError("grove has ended: " + log)
                    log += line
                ask = dict(re.findall(r"(admin|listening) on (http://\S+)", log))
                urllib.request.urlopen(ask["listening"]).read()
                text = urllib.request.urlopen(ask["admin"] + "/metrics").read().decode()
            finally:
                server.terminate()
                server.stderr.read()
    metrics = {name: set() for name in re.findall(r"^# TYPE (\S+)", text, re.M)}
    samples = {}
    for name, labels in re.findall(r"^([a-z_0-9]+)(?:\{([^}]*)\})? ", text, re.M):
        samples.setdefault(name, set()).update(re.findall(r'(\w+)="', labels))
        metrics[name if name in metrics else re.sub("_(bucket|sum|count)$", "", name)] |= samples[name] - {"le"}
    return metrics, samples


METRICS, SAMPLES = served()


def unknown(expression):
    """What an expression of PromQL names that no server shows: metrics, and labels at a metric or in a grouping."""
    bare = re.sub(r'"[^"]*"', '""', expression)
    known = {**SAMPLES, **BY_PROMETHEUS}
    named = set(re.findall(r"\b(?:grove_\w+|up\b)", bare))
    found = {name for name in named if name not in known}
    for name, labels in re.findall(r"\b(grove_\w+|up\b)\{([^}]*)\}", bare):
        found |= {f"{name}{{{label}}}" for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", labels)
                  if label not in known.get(name, set()) | TARGET}
    groups = {label for labels in re.findall(r"\bby \(([^)]*)\)", bare) for label in labels.replace(",", " ").split()}
    return found | {label for label in groups if not any(label in known.get(name, set()) | TARGET for name in named)}


class Expressions(unittest.TestCase):
    def test_names_of_no_server_are_found(self):
        self.assertEqual(set(), unknown('sum by (status) (rate(grove_requests_total{status=~"5..",job="x"}[5m]))'))
        self.assertEqual({"grove_nonesuch"}, unknown("rate(grove_nonesuch[5m]) / grove_requests_in_flight"))
        self.assertEqual({"grove_request_duration_seconds"}, unknown("grove_request_duration_seconds"))
        self.assertEqual({"grove_connections{state}"}, unknown('grove_connections{state="idle"}'))
        self.assertEqual({"mount"}, unknown("sum by (status, mount) (grove_requests_total)"))


class Dashboard(unittest.TestCase):
    panels = DASHBOARD["panels"]

    def test_names_what_a_server_shows(self):
        for panel in self.panels:
            for target in panel["targets"]:
                self.assertEqual(set(), unknown(target["expr"]), panel["title"])
                self.assertRegex(target["expr"], "grove_")
        for variable in DASHBOARD["templating"]["list"]:
            if variable["type"] == "query":
                self.assertEqual(set(), unknown(variable["query"]["query"]))

    def test_groups_by_the_labels_that_its_legends_name(self):
        for panel in self.panels:
            for target in panel["targets"]:
                for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
                    self.assertRegex(target["expr"], rf"by \([^)]*\b{label}\b")

    def test_has_no_two_panels_in_one_place(self):
        taken = set()
        for panel in self.panels:
            at = panel["gridPos"]
            self.assertLessEqual(at["x"] + at["w"], 24, panel["title"])
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            self.assertEqual(set(), cells & taken, panel["title"])
            taken |= cells
        self.assertEqual(len(self.panels), len({panel["id"] for panel in self.panels}))

    def test_asks_the_datasource_and_the_instances_that_are_chosen(self):
        variables = [variable["name"] for variable in DASHBOARD["templating"]["list"]]
        self.assertEqual(["datasource", "instance"], variables)
        for panel in self.panels:
            self.assertEqual({"type": "prometheus", "uid": "${datasource}"}, panel["datasource"])
            for target in panel["targets"]:
                names = re.findall(r"\bgrove_\w+", target["expr"])
                self.assertEqual(len(names), target["expr"].count('{instance=~"$instance"'), target["expr"])


class Alerts(unittest.TestCase):
    rules = [rule for group in RULES["groups"] for rule in group["rules"]]

    def test_name_what_a_server_shows(self):
        for rule in self.rules:
            self.assertEqual(set(), unknown(rule["expr"]), rule["alert"])

    def test_say_who_is_to_look_and_at_what(self):
        self.assertEqual(len(self.rules), len({rule["alert"] for rule in self.rules}))
        for rule in self.rules:
            self.assertLessEqual(set(rule), {"alert", "expr", "for", "labels", "annotations"})
            self.assertIn(rule["labels"]["severity"], {"page", "ticket"})
            # What is summed away cannot be told.
            self.assertIn("{{ $labels.instance }}", rule["annotations"]["summary"])
            for labels in re.findall(r"\bby \(([^)]*)\)", rule["expr"]):
                self.assertIn("instance", labels)

    def test_are_loaded_and_are_of_the_job_that_is_scraped(self):
        read = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
        self.assertEqual(["alerts.yml"], read["rule_files"])
        jobs = {job for rule in self.rules for job in re.findall(r'job="([^"]*)"', rule["expr"])}
        self.assertEqual({job["job_name"] for job in read["scrape_configs"]}, jobs)

    @unittest.skipUnless(which("promtool"), "promtool is not installed (package prometheus)")
    def test_prometheus_finds_no_fault_in_them(self):
        checked = subprocess.run(["promtool", "check", "config", PROMETHEUS / "prometheus.yml"], capture_output=True, text=True)
        self.assertEqual(0, checked.returncode, checked.stdout + checked.stderr)


class Table(unittest.TestCase):
    def test_of_observing_has_each_metric_with_its_labels(self):
        text = (source / "apps/observing.md").read_text()
        rows = re.search(r"^\| metric \| meaning \|\n\|---\|---\|\n((?:\|.*\n)+)", text, re.M)[1]
        listed = {}
        for cell in re.findall(r"^\| ([^|]+) \|", rows, re.M):
            for name, labels in re.findall(r"`(\w+)(?:\{([\w,]*)\})?`", cell):
                self.assertNotIn(name, listed)
                listed[name] = set(filter(None, labels.split(",")))
        self.assertEqual(METRICS, listed)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
