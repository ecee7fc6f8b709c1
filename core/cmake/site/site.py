#!/usr/bin/python3
"""site.py SOURCE GROVE OUT VERSION HEADER... - writes the site of the documentation into the folder OUT.

Its pages are the tree's texts, which cmark-gfm makes HTML of; what `GROVE --help` says; and the public headers, each
as it stands. What a text leads to is on the site, too: another text, a file as a page of its own, a picture. Nothing on
the site comes from elsewhere. A link that leads nowhere is a fault.
"""
import html
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PICTURES = (".svg", ".png")
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} - grove {version}</title>
<link rel="stylesheet" href="{top}site.css">
</head>
<body>
<a class="to-pages" href="#pages">All pages</a>
<main>
{body}</main>
<nav id="pages" aria-label="Pages">
{navigation}</nav>
</body>
</html>
"""


class Site:
    def __init__(self, source, grove, out, version, headers):
        self.source, self.grove, self.out, self.version = Path(source).resolve(), grove, Path(out), version
        self.headers = sorted(Path(header).resolve() for header in headers)
        self.parts = []  # [name, [(text, title)...]]...
        for line in (HERE / "pages.txt").read_text().splitlines():
            if line.startswith("= "):
                self.parts.append((line[2:], []))
            elif not line.startswith("#"):
                self.parts[-1][1].append(tuple(line.split(" ", 1)))
        self.files = set()  # what texts lead to, but are no pages of the navigation

    def pages(self):
        return [page for _, pages in self.parts for page in pages]

    @staticmethod
    def address(text):
        """Where on the site a text, or another file of the tree, is shown; "#" and what follows stay."""
        text, hash_, anchor = text.partition("#")
        return Site.file_of(text) + hash_ + anchor

    @staticmethod
    def file_of(text):
        if text == "README.md":
            return "index.html"
        if text.endswith(PICTURES):
            return "files/" + text
        return re.sub(r"\.md$", "", text).lstrip(".").replace("/README", "/index") + ".html"

    def navigation(self, address, body):
        up = "../" * address.count("/")
        lines = []
        for part, pages in self.parts:
            lines.append(f"<p>{part}</p>\n<ul>")
            for text, title in pages:
                here = self.address(text) == address
                inner = "".join(f'<li><a href="#{anchor}">{name}</a></li>' for anchor, name in
                                re.findall(r'<h2 id="([^"]*)">(.*?)</h2>', body)) if here else ""
                lines.append(f'<li><a href="{up}{self.address(text)}"{" aria-current=" + chr(34) + "page" + chr(34) if here else ""}>'
                             f'{html.escape(title)}</a>{"<ul>" + re.sub("</?code>", "", inner) + "</ul>" if inner else ""}</li>')
            lines.append("</ul>")
        return "\n".join(lines) + "\n"

    def write(self, address, title, body):
        file = self.out / address
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(PAGE.format(title=html.escape(title), version=self.version, body=body,
                                    top="../" * address.count("/"), navigation=self.navigation(address, body)))

    def leads_to(self, text, link):
        """A text's link, as the page of this text has it."""
        if re.match(r"https?:|#", link):
            return link
        path, _, anchor = link.partition("#")
        target = os.path.normpath(os.path.join(os.path.dirname(text), path))
        if not (self.source / target).exists():
            sys.exit(f"{text}: leads nowhere: {link}")
        if target not in [page for page, _ in self.pages()]:
            self.files.add(target)
        relative = os.path.relpath(self.address(target), os.path.dirname(self.address(text)) or ".")
        return relative + ("#" + anchor if anchor else "")

    def page_of_text(self, text, title):
        body = subprocess.run(["cmark-gfm", "--extension", "table", "--extension", "strikethrough", self.source / text],
                              stdout=subprocess.PIPE, check=True, text=True).stdout
        taken = {}

        def heading(found):
            level, inner = found.groups()
            name = re.sub(r"[^\w\- ]", "", html.unescape(re.sub(r"<[^>]*>", "", inner)).lower()).replace(" ", "-")
            taken[name] = taken.get(name, -1) + 1  # as GitHub names them
            name += f"-{taken[name]}" if taken[name] else ""
            return f'<h{level} id="{name}">{inner}</h{level}>'

        body = re.sub(r"<h([1-6])>(.*?)</h\1>", heading, body)
        body = re.sub(r'(<(?:a href|img src)=")([^"]*)"',
                      lambda found: f'{found[1]}{html.escape(self.leads_to(text, html.unescape(found[2])))}"', body)
        self.write(self.address(text), title, body)

    def page_of_file(self, path):
        """A file as it stands; a folder as what it holds."""
        file, address = self.source / path, self.address(path)
        if path.endswith(PICTURES):
            (self.out / address).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, self.out / address)
            return
        body = f"<h1>{html.escape(path)}</h1>\n"
        if file.is_dir():
            for inner in sorted(file.rglob("*")):
                if inner.is_file() and "__pycache__" not in inner.parts:
                    body += f"<h2>{html.escape(str(inner.relative_to(file)))}</h2>\n" + self.as_it_stands(inner)
        else:
            body += self.as_it_stands(file)
        self.write(address, path, body)

    @staticmethod
    def as_it_stands(file):
        return f"<pre><code>{html.escape(file.read_text())}</code></pre>\n"

    def page_of_commands(self):
        def told(*arguments):
            return subprocess.run([self.grove, *arguments], stdout=subprocess.PIPE, check=True, text=True).stdout

        general = told("--help")
        body = f"<h1>Command line</h1>\n<pre><code>{html.escape(general)}</code></pre>\n"
        for command in re.findall(r"^  ([a-z]+)  ", general.split("Subcommands:")[1], re.MULTILINE):
            body += (f'<h2 id="{command}">grove {command}</h2>\n'
                     f'<pre><code>{html.escape(told(command, "--help"))}</code></pre>\n')
        self.write("command_line.html", "Command line", body)

    def page_of_headers(self):
        rows = ""
        for header in self.headers:
            include = str(header).rsplit("/include/", 1)[1]
            first = re.search(r"^// \S+ - (.*)", header.read_text(), re.MULTILINE)
            address = f"headers/{include}.html"
            rows += (f'<tr><td><a href="{address}"><code>&lt;{include}&gt;</code></a></td>'
                     f"<td>{html.escape(first[1]) if first else ''}</td></tr>\n")
            self.write(address, include, f"<h1>&lt;{include}&gt;</h1>\n" + self.as_it_stands(header))
        self.write("headers.html", "C++", "<h1>C++</h1>\n<p>The public headers are the manual: each says what its names do, "
                   "what switches, and what is thrown.</p>\n<table>\n<tr><th>header</th><th>what it has</th></tr>\n"
                   f"{rows}</table>\n")

    def make(self):
        self.out.mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / "site.css", self.out)
        for text, title in self.pages():
            if text.endswith(".md"):  # "text.md#part" is on the page of another line
                self.page_of_text(text, title)
        self.page_of_commands()
        self.page_of_headers()
        for path in sorted(self.files):
            self.page_of_file(path)


Site(*sys.argv[1:5], sys.argv[5:]).make()
