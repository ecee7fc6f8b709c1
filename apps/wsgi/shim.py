"""The part of grove's plugin wsgi that is written in Python. It is compiled into the plugin."""
import ast
import atexit
import importlib
import io
import os
import signal
import sys
import threading
import time
import traceback

import _grove

SERVERS_SIGNALS = {getattr(signal, "SIG" + name) for name in ("TERM", "INT", "HUP", "QUIT", "USR1", "USR2", "PIPE")}
MOST_OF_A_LINE = 8192


class RequestKilled(BaseException):
    """The request's time has passed, or its client has gone: nobody waits for the answer."""


class ClientDisconnected(ConnectionResetError):
    """The client has gone before its request's body was complete."""


class ErrorLog(io.TextIOBase):
    """Lines for the server's error log, with the request that the writing thread serves: wsgi.errors, sys.stderr."""

    encoding = "utf-8"
    errors = "backslashreplace"

    def __init__(self):
        self.begun = {}  # of each thread that has not ended its line

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        thread = threading.get_ident()
        *lines, rest = (self.begun.pop(thread, "") + text).split("\n")
        for line in lines:
            if line:
                _grove.log(line)
        while len(rest) > MOST_OF_A_LINE:
            _grove.log(rest[:MOST_OF_A_LINE])
            rest = rest[MOST_OF_A_LINE:]
        if rest:
            self.begun[thread] = rest
        return len(text)

    def flush(self):
        """Lines leave when they end. What is left of one leaves here."""
        rest = self.begun.pop(threading.get_ident(), "")
        if rest:
            _grove.log(rest)

    def writable(self):
        return True

    def fileno(self):
        return 2


error_log = ErrorLog()


def leave_signals_to_the_server():
    """signal.signal() of a signal that the server needs does nothing, and says so."""
    set_handler = signal.signal

    def guarded(number, handler):
        if number not in SERVERS_SIGNALS:
            return set_handler(number, handler)
        _grove.log(f"signal.signal({signal.Signals(number).name}) is ignored: the signal is the server's")
        return signal.getsignal(number)

    signal.signal = guarded


def begin():
    """Once, when Python has started."""
    sys.stdout = sys.stderr = error_log
    leave_signals_to_the_server()
    importlib.import_module("threading").main_thread().name = "grove-python"


def begin_thread(name):
    """In a thread that serves."""
    threading.current_thread().name = name


def parse(spec):
    """("package.module", "attribute.path", arguments or None) of "package.module:attribute.path(arguments)"."""
    module, _, name = spec.partition(":")
    try:
        tree = ast.parse(name.strip() or "application", mode="eval").body
        arguments = None
        if isinstance(tree, ast.Call):
            arguments = ([ast.literal_eval(one) for one in tree.args],
                         {one.arg: ast.literal_eval(one.value) for one in tree.keywords})
            tree = tree.func
        attributes = ast.unparse(tree)
        if not all(part.isidentifier() for part in attributes.split(".") + module.split(".")):
            raise ValueError
        return module, attributes, arguments
    except (SyntaxError, ValueError, TypeError):
        raise ValueError(f'"module": "{spec}" must be "package.module:name" or "package.module:make()"') from None


def load(spec, path, environment):
    """The application."""
    os.environ.update(environment)
    sys.path[:0] = [folder for folder in path if folder not in sys.path]
    module, attributes, arguments = parse(spec)
    found = importlib.import_module(module)
    for name in attributes.split("."):
        found = getattr(found, name)
    if arguments is not None:
        found = found(*arguments[0], **arguments[1])
    if not callable(found):
        raise TypeError(f'"module": "{spec}" is {type(found).__name__}, which cannot be called')
    return found


def report(error):
    """Writes the traceback, one line of the log for each of its lines."""
    for part in traceback.format_exception(type(error), error, error.__traceback__):
        for line in part.rstrip("\n").split("\n"):
            _grove.log(line)


def fault(error):
    """One line about an application that cannot be had, after its traceback."""
    report(error)
    return "; ".join(line.strip() for line in traceback.format_exception_only(type(error), error)[-1:])


class FileWrapper:
    """wsgi.file_wrapper."""

    def __init__(self, filelike, blksize=65536):
        self.filelike = filelike
        self.blksize = blksize

    def __iter__(self):
        return self

    def __next__(self):
        piece = self.filelike.read(self.blksize)
        if piece:
            return piece
        raise StopIteration

    def close(self):
        close = getattr(self.filelike, "close", None)
        if close is not None:
            close()


def sendable(body):
    """(descriptor, offset, size) of a body that the kernel may send; None: it must be read."""
    if type(body) is not FileWrapper:
        return None
    file = body.filelike
    if isinstance(file, (io.BufferedReader, io.BufferedRandom)):
        raw = file.raw
    else:
        raw = file
    if not isinstance(raw, io.FileIO):
        return None
    try:
        return raw.fileno(), file.tell(), os.fstat(raw.fileno()).st_size
    except (OSError, ValueError):
        return None


def stacks():
    """Where each thread is."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    lines = []
    for ident, frame in sys._current_frames().items():
        request = _grove.request(ident)
        lines.append(f"python thread {names.get(ident, ident)}{': ' + request if request else ''}")
        lines += [line for part in traceback.format_stack(frame) for line in part.rstrip("\n").split("\n")]
    return "\n".join(lines)


def imported_files():
    """The files of all modules, with the time at which each was changed."""
    files = {}
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        try:
            if file:
                files[file] = os.stat(file).st_mtime_ns
        except OSError:
            files[file] = None
    return files


def watch(interval=0.5):
    """Has the master reload when an imported file changes from now on."""
    known = imported_files()  # here: the thread may begin late, after a first change

    def look():
        nonlocal known
        while True:
            time.sleep(interval)
            now = imported_files()
            changed = [file for file, at in now.items() if known.setdefault(file, at) != at]
            if changed:
                known = now
                _grove.log(f"reload: {changed[0]} has changed")
                os.kill(os.getppid(), signal.SIGHUP)

    threading.Thread(target=look, name="grove-reload", daemon=True).start()


def run_exit_functions():
    """What Python's end would do, where threads are left under which Python cannot end."""
    threading._shutdown()
    atexit._run_exitfuncs()
