#!/usr/bin/python3
"""files_test.py SOURCE GROVE APPS - Dockerfile, compose.yaml, django/ and kubernetes.yaml agree with each other, with the
configurations they name and with grove. GROVE is the built binary, APPS the folder with its plugins."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import yaml

source, grove, apps = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
docker = source / "docker"
PLUGINS = "/usr/local/lib/grove/apps"
SHIPPED = "/usr/lib/grove/apps"
CONFIGURATION = "/etc/grove/grove.json"


def without_comments(text):
    return re.sub(r'("(?:[^"\\]|\\.)*")|//[^\n]*', lambda m: m[1] or "", text)


def longest_stop(timeouts):
    """In seconds: with the one in which the master kills what cannot end by itself."""
    return timeouts.get("drain_delay", 0) + timeouts["shutdown"] + timeouts.get("unwind", 3) + 1


def address_of(entry):
    return entry if isinstance(entry, str) else entry["address"]


def port_of(address):
    return int(address.rsplit(":", 1)[1])


class Stage:
    """One stage of the Dockerfile: its base, and the arguments of each instruction by name."""

    def __init__(self, base):
        self.base = base
        self.lines = {}

    def the(self, instruction):
        (only,) = self.lines[instruction]
        return only


def dockerfile():
    stages = {}
    text = (docker / "Dockerfile").read_text()
    text = re.sub(r"^#.*\n", "", text, flags=re.M).replace("\\\n", " ")
    stage = None
    for line in filter(None, map(str.strip, text.splitlines())):
        instruction, rest = line.split(None, 1)
        if instruction == "FROM":
            base, _, name = rest.partition(" AS ")
            stage = stages[name or "run"] = Stage(base)
        elif stage:
            stage.lines.setdefault(instruction, []).append(rest)
    return stages


STAGES = dockerfile()
RUN = STAGES["run"]
UID, GID = map(int, RUN.the("USER").split(":"))
PORTS = set(map(int, RUN.the("EXPOSE").split()))
COMPOSE = yaml.safe_load((docker / "compose.yaml").read_text())["services"]
KUBERNETES = {d["kind"]: d for d in yaml.safe_load_all((docker / "kubernetes.yaml").read_text())}
CONFIGURATIONS = {
    "docker/grove.json": (docker / "grove.json").read_text(),
    "docker/compose/grove.json": (docker / "compose/grove.json").read_text(),
    "docker/kubernetes.yaml's": KUBERNETES["ConfigMap"]["data"]["grove.json"],
}
POD = KUBERNETES["Deployment"]["spec"]["template"]
(CONTAINER,) = POD["spec"]["containers"]
VARIABLES = {variable["name"]: variable["value"] for variable in CONTAINER["env"]}


class Configurations(unittest.TestCase):
    def each(self):
        return [(name, json.loads(without_comments(text))) for name, text in CONFIGURATIONS.items()]

    def test_grove_finds_no_fault_in_them(self):
        for name, text in CONFIGURATIONS.items():
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / "grove.json"
                # The plugins that ship are the build's here; compose's own one is built by its kit.
                file.write_text(text.replace(SHIPPED, apps).replace('"app": "greeter"', '"app": "hello"'))
                found = subprocess.run([grove, "check", file], capture_output=True, text=True, env={**os.environ, **VARIABLES})
                self.assertEqual(f"{file}: ok\n", found.stdout, found.stderr)

    def test_listen_on_the_exposed_ports_of_all_interfaces(self):
        for name, read in self.each():
            listen, admin = [address_of(entry) for entry in read["listen"]], address_of(read["admin"])
            self.assertEqual(([":8000"], ":9000"), (listen, admin), name)
            self.assertEqual(PORTS, {port_of(listen[0]), port_of(admin)})

    def test_find_plugins_where_they_are_mounted_then_those_that_ship(self):
        for name, read in self.each():
            self.assertEqual([PLUGINS, SHIPPED], read["plugin_path"], name)

    def test_log_to_the_standard_streams(self):
        for name, read in self.each():
            self.assertEqual(("-", "-"), (read["log"]["access"], read["log"]["error"]), name)


class Image(unittest.TestCase):
    def test_is_run_by_a_numbered_user_that_its_passwd_names(self):
        self.assertGreater(UID, 0)
        self.assertIn(f"grove:x:{UID}:{GID}:", STAGES["gather"].lines["RUN"][-1])

    def test_runs_grove_directly_on_the_configuration_that_is_copied_into_it(self):
        self.assertEqual(["/usr/bin/grove"], json.loads(RUN.the("ENTRYPOINT")))
        self.assertEqual(["serve", CONFIGURATION], json.loads(RUN.the("CMD")))
        self.assertIn(f"docker/grove.json /image{CONFIGURATION}", STAGES["gather"].lines["COPY"])

    def test_tells_by_labels_what_it_is(self):
        told = dict(re.findall(r'org\.opencontainers\.image\.(\w+)="([^"]*)"', RUN.the("LABEL")))
        header = (source / "core/include/grove/core/version.h").read_text()
        self.assertEqual({"title": "grove", "version": re.search(r'GROVE_VERSION "(.*)"', header)[1], "licenses": "MIT",
                          "description": told["description"], "revision": "${REVISION}"}, told)
        self.assertIn("REVISION=unknown", RUN.lines["ARG"])

    def test_is_stopped_by_the_signal_that_drains(self):
        self.assertEqual("SIGTERM", RUN.the("STOPSIGNAL"))

    def test_is_asked_for_its_health_by_its_own_binary(self):
        command = RUN.the("HEALTHCHECK").split(" CMD ", 1)[1]
        self.assertEqual(["/usr/bin/grove", "health", CONFIGURATION], json.loads(command))

    def test_grants_the_health_check_more_than_its_own_patience(self):
        text = (source / "apps/grove/admin/health.cpp").read_text()
        (patience,) = re.findall(r"kPatience = std::chrono::seconds\{(\d+)\}", text)
        (granted,) = re.findall(r"--timeout=(\d+)s ", RUN.the("HEALTHCHECK"))
        self.assertGreater(int(granted), int(patience))

    def test_is_built_on_either_debian(self):
        self.assertEqual("debian:${DEBIAN}", STAGES["tools"].base)
        self.assertIn("ARG DEBIAN=trixie-slim", (docker / "Dockerfile").read_text())

    def test_has_stages_that_copy_what_is_there(self):
        for name, stage in STAGES.items():
            for line in stage.lines.get("COPY", []):
                if line.startswith("--from="):
                    self.assertIn(line.split()[0].removeprefix("--from="), STAGES)
                else:
                    for path in line.split()[:-1]:
                        self.assertTrue((source / path).exists(), f"{name}: COPY {path}")


@unittest.skipUnless(Path("/var/lib/dpkg/status").exists(), "this is not a Debian")
class Sbom(unittest.TestCase):
    """docker/sbom of a folder that looks like the image, with libraries of this machine."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.image = Path(folder.name)
        for name in "usr/bin/grove", "usr/lib/libgrove_core.so.0.2", "usr/lib/grove/apps/hello.so", "etc/passwd":
            (self.image / name).parent.mkdir(parents=True, exist_ok=True)
            (self.image / name).touch()
        libraries = subprocess.run(["ldd", grove], capture_output=True, text=True).stdout
        for library in re.findall(r"=> (/lib/\S+|/usr/lib/\S+)", libraries):
            copy = self.image / re.sub("^/(usr/)?", "usr/", library)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(library, copy)

    def sbom(self, *compiled):
        return subprocess.run([docker / "sbom", self.image, "1.2.3", *compiled], capture_output=True, text=True,
                              env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"})

    def test_names_each_package_that_is_in_the_image_as_dpkg_does(self):
        made = self.sbom("nlohmann-json3-dev", "not-installed")
        self.assertEqual("", made.stderr)
        read = json.loads(made.stdout)
        packages = {package["name"]: package for package in read["packages"]}
        self.assertEqual("1.2.3", packages["grove"]["versionInfo"])
        self.assertLessEqual({"libc6", "libstdc++6", "nlohmann-json3-dev"}, set(packages))
        for name in set(packages) - {"grove"}:
            version = subprocess.run(["dpkg-query", "-W", "-f", "${Version}\\n", name], capture_output=True, text=True)
            self.assertIn(packages[name]["versionInfo"], version.stdout.split(), name)
        kinds = {(relation["relationshipType"], relation["relatedSpdxElement"]) for relation in read["relationships"]}
        self.assertIn(("DESCRIBES", "SPDXRef-grove"), kinds)
        self.assertIn(("CONTAINS", "SPDXRef-libc6"), kinds)
        self.assertIn(("STATIC_LINK", "SPDXRef-nlohmann-json3-dev"), kinds)
        self.assertEqual({relation[1] for relation in kinds}, {package["SPDXID"] for package in read["packages"]})

    def test_is_what_spdx_wants(self):
        read = json.loads(self.sbom().stdout)
        self.assertEqual(("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT"), (read["spdxVersion"], read["dataLicense"], read["SPDXID"]))
        self.assertEqual("2023-11-14T22:13:20Z", read["creationInfo"]["created"])
        self.assertEqual(read, json.loads(self.sbom().stdout))
        ids = [package["SPDXID"] for package in read["packages"]]
        self.assertEqual(len(ids), len(set(ids)))
        for package in read["packages"]:
            self.assertRegex(package["SPDXID"], r"^SPDXRef-[A-Za-z0-9.-]+$")
            self.assertTrue(package["versionInfo"] and package["downloadLocation"])
            for reference in package.get("externalRefs", []):
                self.assertRegex(reference["referenceLocator"], r"^pkg:deb/debian/[^@]+@[^@+:]+\?arch=\w+&distro=\w+$")

    def test_fails_if_a_file_is_nobodys(self):
        (self.image / "usr/lib/stray.so").touch()
        made = self.sbom()
        self.assertEqual((1, "", "sbom: no package has /usr/lib/stray.so\n"), (made.returncode, made.stdout, made.stderr))

    def test_is_made_of_the_whole_image(self):
        (steps,) = STAGES["gather"].lines["RUN"]
        self.assertLess(steps.rindex("/src/docker/sbom"), steps.rindex("mv /sbom.spdx.json usr/share/doc/grove/"))
        for earlier in "cmake --install", "xargs cp", "zoneinfo", "nsswitch.conf":
            self.assertLess(steps.rindex(earlier), steps.rindex("/src/docker/sbom"))


class Compose(unittest.TestCase):
    def mounts(self, service):
        return dict(reversed(m.split(":")[:2]) for m in COMPOSE[service]["volumes"])

    def test_builds_stages_of_the_dockerfile(self):
        for name in "grove", "kit":
            build = COMPOSE[name]["build"]
            self.assertEqual(source.resolve(), (docker / build["context"]).resolve())
            self.assertTrue((source / build["dockerfile"]).is_file())
            self.assertIn(build.get("target", "run"), STAGES)

    def test_mounts_configuration_and_plugins_where_the_image_looks(self):
        mounts = self.mounts("grove")
        self.assertTrue((docker / mounts[str(Path(CONFIGURATION).parent)] / "grove.json").is_file())
        built = Path(mounts[PLUGINS])
        self.assertEqual("build", built.name)
        (project,) = COMPOSE["kit"]["command"].split()
        self.assertEqual(f"./{project}", self.mounts("kit")[f"/project/{project}"])
        self.assertEqual(project, str(built.parent))
        self.assertIn(f'"app": "{project}"', CONFIGURATIONS["docker/compose/grove.json"])

    def test_publishes_the_server_but_not_its_admin(self):
        self.assertEqual(["127.0.0.1:8000:8000"], COMPOSE["grove"]["ports"])
        self.assertEqual(["9000"], COMPOSE["grove"]["expose"])

    def test_lets_prometheus_scrape_the_admin(self):
        scraped = yaml.safe_load((docker / "prometheus/prometheus.yml").read_text())
        (job,) = scraped["scrape_configs"]
        self.assertEqual([{"targets": ["grove:9000"]}], job["static_configs"])
        self.assertIn('"names": ["grove"]', CONFIGURATIONS["docker/compose/grove.json"])  # O-085
        self.assertEqual("./prometheus", self.mounts("prometheus")["/etc/prometheus"])

    def test_shows_grafana_prometheus_and_the_dashboard(self):
        grafana = docker / "grafana"
        (datasource,) = yaml.safe_load((grafana / "datasources.yml").read_text())["datasources"]
        (provider,) = yaml.safe_load((grafana / "dashboards.yml").read_text())["providers"]
        mounts = self.mounts("grafana")
        self.assertEqual(("prometheus", "http://prometheus:9090"), (datasource["type"], datasource["url"]))
        self.assertTrue((docker / mounts[provider["options"]["path"]] / "grove.json").is_file())
        provisioning = "/etc/grafana/provisioning/"
        for kind in "datasources", "dashboards":
            self.assertEqual(f"./grafana/{kind}.yml", mounts[f"{provisioning}{kind}/grove.yml"])
        self.assertEqual(["127.0.0.1:3000:3000"], COMPOSE["grafana"]["ports"])

    def test_is_confined_and_waits_for_the_drain(self):
        service = COMPOSE["grove"]
        self.assertTrue(service["read_only"])
        self.assertEqual(["ALL"], service["cap_drop"])
        read = json.loads(without_comments(CONFIGURATIONS["docker/compose/grove.json"]))
        self.assertGreater(int(service["stop_grace_period"].removesuffix("s")), longest_stop(read["timeouts"]))
        image = json.loads(without_comments(CONFIGURATIONS["docker/grove.json"]))
        self.assertGreater(10, longest_stop(image["timeouts"]))  # what `docker stop` waits


class Django(unittest.TestCase):
    services = yaml.safe_load((docker / "django/compose.yaml").read_text())["services"]
    text = (docker / "django/grove.json").read_text()
    variables = services["grove"]["environment"]

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def manage(self, *command):
        """manage.py of a copy of the project, whose static files go to the test's folder."""
        site = self.folder / "site"
        shutil.copytree(docker / "django/site", site)
        settings = site / "mysite/settings.py"
        settings.write_text(settings.read_text().replace("/prepared", str(self.folder)))
        return subprocess.run(["/usr/bin/python3", site / "manage.py", *command], capture_output=True, text=True,
                              env={**os.environ, **self.variables})

    @unittest.skipUnless((Path(apps) / "wsgi.so").exists(), "the plugin wsgi is not built")
    def test_grove_finds_no_fault_in_its_configuration(self):
        file = self.folder / "grove.json"
        text = self.text.replace(SHIPPED, apps).replace("/srv/site", str(docker / "django/site"))
        file.write_text(text.replace("/prepared/static", str(self.folder)).replace(', "venv": "/prepared/venv"', ""))
        quiet = {"ASAN_OPTIONS": "detect_leaks=0", "TSAN_OPTIONS": "report_bugs=0"}  # sanitizers do not know Python
        found = subprocess.run([grove, "check", file], capture_output=True, text=True,
                               env={**os.environ, **self.variables, **quiet, "PYTHONDONTWRITEBYTECODE": "1"})
        self.assertEqual(f"{file}: ok\n", found.stdout, found.stderr)

    def test_gathers_static_files_where_grove_looks(self):
        done = self.manage("collectstatic", "--noinput")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertTrue((self.folder / "static/admin/css/base.css").is_file())
        self.assertIn('"root": "/prepared/static"', self.text)

    def test_django_finds_no_fault_in_the_project(self):
        done = self.manage("check", "--fail-level", "ERROR")
        self.assertEqual((0, "System check identified no issues (0 silenced).\n"), (done.returncode, done.stdout))

    def test_has_one_password_and_one_name_of_its_database(self):
        database, asked = self.services["database"]["environment"], self.variables
        self.assertEqual(database["POSTGRES_PASSWORD"], asked["DATABASE_PASSWORD"])
        self.assertIn(asked["DATABASE_HOST"], self.services)
        settings = (docker / "django/site/mysite/settings.py").read_text()
        for key, name in ("NAME", "POSTGRES_DB"), ("USER", "POSTGRES_USER"):
            self.assertIn(f'"{key}": "{database[name]}"', settings)

    def test_mounts_what_the_configuration_names(self):
        mounts = dict(reversed(mount.split(":")[:2]) for mount in self.services["grove"]["volumes"])
        self.assertEqual({"/etc/grove", "/srv/site", "/prepared"}, set(mounts))
        self.assertIn(mounts["/prepared"] + ":/prepared", self.services["prepare"]["volumes"])
        for name in "prepare", "grove":
            self.assertEqual("python", self.services[name]["build"]["target"])
        self.assertIn(self.services["grove"]["build"]["target"], STAGES)

    def test_waits_for_the_drain(self):
        read = json.loads(without_comments(self.text))
        self.assertEqual(([":8000"], ":9000"), (read["listen"], read["admin"]))
        self.assertGreater(int(self.services["grove"]["stop_grace_period"].removesuffix("s")), longest_stop(read["timeouts"]))


class Kubernetes(unittest.TestCase):
    def test_every_selector_finds_the_pods(self):
        labels = POD["metadata"]["labels"]
        self.assertEqual(labels, KUBERNETES["Deployment"]["spec"]["selector"]["matchLabels"])
        self.assertEqual(labels, KUBERNETES["Service"]["spec"]["selector"])
        self.assertEqual(labels, KUBERNETES["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"])
        scaled = KUBERNETES["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]
        self.assertEqual(("Deployment", KUBERNETES["Deployment"]["metadata"]["name"]), (scaled["kind"], scaled["name"]))

    def test_ports_are_those_of_the_image(self):
        ports = {p["name"]: p["containerPort"] for p in CONTAINER["ports"]}
        self.assertEqual({"http": 8000, "admin": 9000}, ports)
        self.assertEqual(PORTS, set(ports.values()))
        self.assertEqual(["http"], [p["targetPort"] for p in KUBERNETES["Service"]["spec"]["ports"]])
        self.assertEqual(str(ports["admin"]), POD["metadata"]["annotations"]["prometheus.io/port"])

    def test_probes_ask_the_admin(self):
        for probe, path in ("startup", "/healthz"), ("liveness", "/healthz"), ("readiness", "/readyz"):
            self.assertEqual({"path": path, "port": "admin"}, CONTAINER[probe + "Probe"]["httpGet"])

    def test_the_kubelet_waits_longer_than_the_drain_takes(self):
        timeouts = json.loads(CONFIGURATIONS["docker/kubernetes.yaml's"])["timeouts"]
        self.assertGreater(POD["spec"]["terminationGracePeriodSeconds"], longest_stop(timeouts))
        # A pod is known to be out of the Service before it stops listening.
        self.assertGreater(timeouts["drain_delay"], CONTAINER["readinessProbe"]["periodSeconds"])

    def test_runs_as_the_images_user_and_may_nothing(self):
        pod, container = POD["spec"]["securityContext"], CONTAINER["securityContext"]
        self.assertEqual((UID, GID, True), (pod["runAsUser"], pod["runAsGroup"], pod["runAsNonRoot"]))
        self.assertEqual({"type": "RuntimeDefault"}, pod["seccompProfile"])
        self.assertTrue(container["readOnlyRootFilesystem"])
        self.assertFalse(container["allowPrivilegeEscalation"])
        self.assertEqual(["ALL"], container["capabilities"]["drop"])

    def test_mounts_the_configuration_where_the_image_looks(self):
        mounts = {mount["mountPath"]: mount["name"] for mount in CONTAINER["volumeMounts"]}
        volumes = {volume["name"]: volume for volume in POD["spec"]["volumes"]}
        self.assertEqual(set(mounts.values()), set(volumes))
        configuration = volumes[mounts[str(Path(CONFIGURATION).parent)]]["configMap"]
        self.assertEqual(KUBERNETES["ConfigMap"]["metadata"]["name"], configuration["name"])
        self.assertIn("sizeLimit", volumes[mounts["/tmp"]]["emptyDir"])  # the only place that can be written

    def test_sets_the_variables_that_the_configuration_names(self):
        named = set(re.findall(r"\$\{(\w+)", CONFIGURATIONS["docker/kubernetes.yaml's"]))
        self.assertEqual(named, set(VARIABLES))

    def test_lets_nobody_but_prometheus_ask_the_admin(self):
        policy = KUBERNETES["NetworkPolicy"]["spec"]
        self.assertEqual(POD["metadata"]["labels"], policy["podSelector"]["matchLabels"])
        opened = {rule["ports"][0]["port"]: rule.get("from") for rule in policy["ingress"]}
        self.assertEqual({"http", "admin"}, set(opened))
        self.assertIsNone(opened["http"])
        self.assertTrue(opened["admin"])

    def test_replaces_a_worker_that_hangs_before_the_kubelet_ends_the_pod(self):
        read = json.loads(CONFIGURATIONS["docker/kubernetes.yaml's"])
        probe = CONTAINER["livenessProbe"]
        self.assertLess(read["timeouts"]["worker"], probe["periodSeconds"] * probe["failureThreshold"])

    def test_is_scaled_by_cpu_of_which_each_pod_asks_for_some(self):
        (metric,) = KUBERNETES["HorizontalPodAutoscaler"]["spec"]["metrics"]
        self.assertEqual("cpu", metric["resource"]["name"])
        self.assertIn("cpu", CONTAINER["resources"]["requests"])
        # As many workers as the limit has processors: it must be a whole number.
        self.assertEqual("auto", json.loads(CONFIGURATIONS["docker/kubernetes.yaml's"])["workers"])
        self.assertRegex(CONTAINER["resources"]["limits"]["cpu"], r"^\d+$")
        self.assertNotIn("replicas", KUBERNETES["Deployment"]["spec"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
