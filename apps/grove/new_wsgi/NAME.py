"""@NAME@: a Flask application, served by grove."""
import logging

from flask import Flask, jsonify, request

app = Flask(__name__)
logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")  # to grove's error log


@app.get("/")
def index():
    return f"Hello, {request.args.get('name', 'World')}!\n"


@app.post("/sum")
def add():
    numbers = request.get_json()["numbers"]
    app.logger.info("adding %d numbers", len(numbers))
    return jsonify(sum=sum(numbers))
