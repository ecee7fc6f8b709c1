"""browser_test.py grove BINARY PLUGINS - the page of the example in a headless Chromium. NOTES_DATABASE is of
with_postgres.py. Ends with 77 if Chromium is not installed."""
import os
import sys
import tempfile
from pathlib import Path

from served import Served

sys.path.insert(0, str(Path(__file__).parents[2] / "browser"))
from browser import Browser, missing  # noqa: E402


def check_page(browser, site, folder):
    browser.open(site + "/notes/none")  # the page is the answer to every address
    browser.until("the form to log in", "return !document.querySelector('#login').hidden")
    browser.open(site + "/")
    browser.write("#login [name=name]", "ada")
    browser.write("#login [name=password]", "wrong")
    browser.click("#login button")
    browser.until("a refusal", "return document.querySelector('#said').textContent.includes('is wrong')")
    browser.write("#login [name=password]", "correct horse", clear=True)
    browser.click("#login button")
    browser.until("the notes", "return !document.querySelector('main').hidden")

    first = browser.window()
    browser.new_window()
    second = browser.window()
    browser.open(site + "/")
    browser.until("the notes there", "return !document.querySelector('main').hidden")

    browser.switch_to(first)
    browser.run("""
        window.seen = [];
        new MutationObserver(() => seen.push(document.querySelector('progress').value))
            .observe(document.querySelector('progress'), { attributes: true });""")
    with open(folder + "/picture.bin", "wb") as file:
        file.write(os.urandom(5_000_000))
    browser.write("#write textarea", "<b>bold</b>")
    browser.write("#write [type=file]", folder + "/picture.bin")
    browser.click("#write button")
    is_listed = """const notes = [...document.querySelectorAll('li')];
        return notes.length === 1 && notes[0].textContent.startsWith('<b>bold</b>') &&
            notes[0].querySelector('b') === null && notes[0].textContent.includes('picture.bin')"""
    browser.until("the note, as text", is_listed)
    browser.until("the form, empty again", "return document.querySelector('#write textarea').value === ''")
    seen = browser.run("return seen")
    if not seen or seen != sorted(seen) or seen[-1] != 1:
        sys.exit(f"the upload's progress was {seen}")

    browser.switch_to(second)
    browser.until("the note in the other window", is_listed)
    browser.click("li button")
    browser.until("no note here", "return document.querySelector('li') === null")
    browser.switch_to(first)
    browser.until("no note there", "return document.querySelector('li') === null")
    browser.click("#logout")
    browser.until("the form to log in again", "return !document.querySelector('#login').hidden")


def main():
    if package := missing():
        print(f"{package} is not installed")
        return 77
    with tempfile.TemporaryDirectory() as folder, Served(sys.argv[1:], folder) as served:
        with Browser() as browser:
            check_page(browser, served.url, folder)
    return 0


sys.exit(main())
