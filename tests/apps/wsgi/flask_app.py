"""A Flask application, as its users write it."""
from flask import Flask, Response, jsonify, redirect, request, session, stream_with_context, url_for

app = Flask(__name__)
app.secret_key = b"of the test"
app.config["MAX_CONTENT_LENGTH"] = 1 << 20


@app.route("/")
def index():
    return f"hello {request.args.get('name', 'nobody')}"


@app.route("/json", methods=["POST"])
def json():
    return jsonify(sum=sum(request.get_json()["numbers"]), url=url_for("index", _external=True))


@app.route("/upload", methods=["POST"])
def upload():
    file = request.files["file"]
    return f"{file.filename} {len(file.read())} {request.form['note']}"


@app.route("/count")
def count():
    session["count"] = session.get("count", 0) + 1
    return str(session["count"])


@app.route("/stream")
def stream():
    return Response(stream_with_context(f"line {n}\n" for n in range(3)), mimetype="text/plain")


@app.route("/moved")
def moved():
    return redirect(url_for("index"))


@app.route("/broken")
def broken():
    raise RuntimeError("a bug")
