"""The application of tests/apps/wsgi_own_threads_test.cpp: requests that use threads of their own."""
import threading

TEXT = [("Content-Type", "text/plain")]
MANY = 32 << 20  # bytes: more than the sockets' buffers take
gate = threading.Semaphore(0)


def opened(environ, start_response):
    gate.release()
    start_response("200 OK", TEXT)
    return [b"opened"]


def in_a_thread(name, function, *arguments):
    def call():
        try:
            function(*arguments)
            print(f"{name}: done")
        except BaseException as error:
            print(f"{name}: {type(error).__name__}")
    thread = threading.Thread(target=call)
    thread.start()
    return thread


def wait_until_it_is_read(environ):
    """Another thread has begun to read the body: nobody else may."""
    while True:
        try:
            environ["wsgi.input"].read(0)
        except RuntimeError:
            return


def reads_beside(environ, start_response):
    """One thread waits for the body, and another one makes more than may lie unsent."""
    got = []
    reader = in_a_thread("reads_beside", lambda: got.append(len(environ["wsgi.input"].read())))
    start_response("200 OK", TEXT)

    def pieces():
        wait_until_it_is_read(environ)
        print("reads_beside: reads")
        yield b"w" * MANY
        reader.join()
        yield repr(got).encode()
    return pieces()


def answers_beside(environ, start_response):
    """It answers while a thread waits for the rest of the body."""
    reader = in_a_thread("answers_beside", environ["wsgi.input"].read)
    start_response("200 OK", TEXT)
    wait_until_it_is_read(environ)
    print("answers_beside: reads")
    gate.acquire()
    yield b"beside"
    reader.join()
    yield b"end"


def reads_while_unread(environ, start_response):
    """It reads while a thread waits until the client reads."""
    writer = in_a_thread("reads_while_unread", start_response("200 OK", TEXT), b"w" * MANY)
    print(f"reads_while_unread: {len(environ['wsgi.input'].read())}")
    writer.join()
    return [b"end"]


def returns_early(environ, start_response):
    """It returns while its thread is in write()."""
    in_a_thread("returns_early", start_response("200 OK", TEXT), b"w" * MANY)
    gate.acquire()
    return []


def raises_early(environ, start_response):
    in_a_thread("raises_early", start_response("200 OK", TEXT), b"w" * MANY)
    gate.acquire()
    raise KeyError("of the application")


def raises_beside(environ, start_response):
    """It raises while one thread waits for the body, and another one until the client reads."""
    in_a_thread("raises_beside", environ["wsgi.input"].read)
    wait_until_it_is_read(environ)
    in_a_thread("raises_beside", start_response("200 OK", TEXT), b"w" * MANY)

    class Body:
        def __iter__(self):
            gate.acquire()
            raise KeyError("of the application")

        def close(self):
            gate.acquire()
    return Body()


def returns_unread(environ, start_response):
    """It returns while its thread waits for the body."""
    in_a_thread("returns_unread", environ["wsgi.input"].read)
    reads = True
    while reads:
        try:
            environ["wsgi.input"].read(0)
        except RuntimeError:
            reads = False
    start_response("200 OK", TEXT)

    class Body:
        def __iter__(self):
            return iter([b"unread"])

        def close(self):
            gate.acquire()
    return Body()


def loops_beside(environ, start_response):
    try:
        in_a_thread("loops_beside", start_response("200 OK", TEXT), b"w" * MANY)
        while True:
            pass
    finally:
        print("loops_beside: finally")


def refused(environ, start_response):
    """A piece that is refused is not counted as sent."""
    write = start_response("200 OK", TEXT + [("Content-Length", str(MANY + 3))])
    writer = in_a_thread("refused", write, b"w" * MANY)
    gate.acquire()
    try:
        write(b"not")
    except RuntimeError as error:
        print(f"refused: {error}")
    writer.join()
    return [b"end"]


def application(environ, start_response):
    return globals()[environ["PATH_INFO"][1:]](environ, start_response)
