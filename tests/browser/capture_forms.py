#!/usr/bin/python3
"""capture_forms.py FOLDER - what the installed Chromium sends for forms with difficult names, a file for each body, as
tests/web/forms has them (R-031). The boundary is what follows the "--" of the first line."""
import http.server
import sys
import threading
from pathlib import Path

from browser import Browser, missing

# Fields of a form: a name and a text, or a name, the file's content, its name ("": none is chosen) and its type.
FORMS = {
    "chosen": [["text", "a é b\nline"], ["file", "one\r\n--two", 'a "b".txt', "text/plain"], ["none", "", ""],
               ["empty", "", "empty.bin"]],
    "names": [['q"uote', "1"], ["new\nline", "2"], ["per%22cent", "3"], ["é", "4"],
              ["f", "x", "new\r\nline\n.txt"], ["g", "y", "per%22cent%0D.txt"], ["h", "z", "é – 日本 😀.png", "image/png"],
              ["i", "w", "back\\slash.txt"], ["k", "v", "../up/../../etc.txt"], ["l", "u", "semi;colon='x'.txt"],
              ["m", "t", ".."], ["n", "s", 'end\\"'], ["o", "r", "end\\"]],
}
SUBMIT = """
const form = document.createElement('form');
form.method = 'post';
form.enctype = 'multipart/form-data';
for (const [name, value, file, type] of arguments[0]) {
  const input = document.createElement(file === undefined ? 'textarea' : 'input');
  input.name = name;
  if (file === undefined) {
    input.value = value;
  } else {
    input.type = 'file';
    const chosen = new DataTransfer();
    if (file !== '') chosen.items.add(new File([value], file, {type: type || ''}));
    input.files = chosen.files;
  }
  form.append(input);
}
document.body.append(form);
form.submit();
"""
FETCH = """
const form = new FormData();
form.append('lone\\ud800', 'x\\nn');
form.append('b', new Blob(['blob']));
form.append('n\\nl', new File(['f'], 'a"\\n.txt'));
form.append('e', '');
return fetch('/', {method: 'POST', body: form}).then(answer => answer.text());
"""


def main():
    bodies = []
    came = threading.Semaphore(0)

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(b"<!DOCTYPE html><title>form</title>")

        do_GET = answer

        def do_POST(self):
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            came.release()
            self.answer()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    browser = Browser()
    try:
        for name, script, fields in [*((name, SUBMIT, form) for name, form in FORMS.items()), ("fetched", FETCH, [])]:
            browser.open(f"http://127.0.0.1:{server.server_port}/")
            browser.run(script, fields)
            assert came.acquire(timeout=60), "no form came"
            Path(sys.argv[1], f"chromium_{name}.form").write_bytes(bodies[-1])
    finally:
        browser.close()
        server.shutdown()


if missing():
    sys.exit(f"capture_forms.py: {missing()} is not installed")
main()
