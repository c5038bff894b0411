#!/usr/bin/env python3
"""Calls every REST call of docs/api.json with many valid and invalid requests, and compares each response with it.

Needs `schemathesis` (pip install schemathesis) on the path, and a debug build, which checks its own table as well:

    scripts/schemathesis.py [--limits on] [--examples 30] [--binary target/debug/madang]

It starts a server of its own and calls it signed out, as a guest, as an account and as an admin: once with the ids of
a room, a message and a user that exist, once with any text, and once with the calls that end what the others need.
"""
import argparse
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCHEMA = ROOT / "docs/api.json"
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,unsupported_method,allow_header_conformance"
)
# What ends the session, the room or the message that other calls need.
LAST = [
    "DELETE /api/me",
    "DELETE /api/session",
    "DELETE /api/me/sessions",
    "PUT /api/me/password",
    "DELETE /api/rooms/{id}",
    "DELETE /api/rooms/{id}/members/me",
    "DELETE /api/rooms/{id}/members/{userId}",
    "PUT /api/rooms/{id}/owner",
    "DELETE /api/messages/{id}",
]


class Server:
    def __init__(self, binary, limits):
        self.folder = tempfile.TemporaryDirectory(prefix="madang-schemathesis-")
        data = f"{self.folder.name}/data"
        env = {"PATH": os.environ["PATH"], "DATA_DIR": data, "PORT": "0", "BIND": "127.0.0.1", "RATE_LIMITS": limits}
        env |= {"RUST_LOG": "error", "DISK_RESERVE_MB": "0"}
        self.process = subprocess.Popen([binary, "serve"], env=env, stdout=subprocess.PIPE, text=True)
        self.base = self.process.stdout.readline().split()[-1]

    def call(self, method, path, body=None, token=None):
        headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.base}/api{path}", data, headers, method=method)
        with urllib.request.urlopen(request) as response:
            return json.loads(response.read() or b"null")

    def account(self, mailbox, name=None):
        form = {"email": f"{mailbox}@example.org", "password": "a gate by the tree", "name": name or mailbox}
        return self.call("POST", "/users", form)

    def make_admin(self, name):
        database = sqlite3.connect(f"{self.folder.name}/data/madang.db")
        with database:
            database.execute("UPDATE users SET is_admin = 1 WHERE name = ?", [name])
        database.close()

    def enter(self, who):
        """Returns a token for a kind of user; none for one who is signed out."""
        if who == "guest":
            return self.call("POST", "/guests", {})["token"]
        if who in ("account", "admin"):
            # A name of its own, as none may look like an admin's.
            name = f"one {who}"
            token = self.account(name.replace(" ", "-"), name)["token"]
            if who == "admin":
                self.make_admin(name)
            return token
        return None

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()


def config(server, who, token):
    """Returns the settings of schemathesis that give the calls the ids of what exists."""
    other = server.account(f"other-{who}")
    owner, member = (token, other["token"]) if token else (other["token"], server.account("third")["token"])
    room = server.call("POST", "/rooms", {"title": "courtyard"}, owner)["id"]
    server.call("POST", f"/rooms/{room}/members", {}, member)
    message = server.call("POST", f"/rooms/{room}/messages", {"text": "hello"}, owner)["id"]
    user = server.call("GET", "/me", None, member)["id"]
    ids = {"/api/rooms/{id}": room, "/api/messages/{id}": message, "/api/users/{id}": user}
    lines = ["[parameters]", f'userId = "{user}"']
    for path in json.loads(SCHEMA.read_text())["paths"]:
        for prefix, value in ids.items():
            if path.startswith(prefix):
                lines += ["[[operations]]", f'include-path = "{path}"', f'parameters = {{ id = "{value}" }}']
    return "\n".join(lines)


def run(server, token, settings, is_last, examples):
    path = pathlib.Path(server.folder.name, "schemathesis.toml")
    path.write_text("[auth]\nauto-signup = false\n" + settings)
    command = ["schemathesis", "--config-file", path, "run", SCHEMA, "--url", server.base, "--checks", CHECKS]
    command += ["--phases", "coverage,fuzzing", "--max-examples", str(examples), "--continue-on-failure"]
    command += ["--suppress-health-check", "all", "--warnings", "off"]
    command += ["-H", f"Authorization: Bearer {token}"] if token else []
    for name in LAST:
        command += ["--include-name" if is_last else "--exclude-name", name]
    return subprocess.call(command, cwd=server.folder.name)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--limits", choices=["on", "off"], default="off")
    arguments.add_argument("--examples", type=int, default=30)
    arguments.add_argument("--binary", default=ROOT / "target/debug/madang")
    given = arguments.parse_args()
    server = Server(given.binary, given.limits)
    failed = []
    try:
        for who in ("nobody", "guest", "account", "admin"):
            token = server.enter(who)
            settings = config(server, who, token)
            rounds = [("ids", settings, False), ("any text", "", False)] + ([("last", settings, True)] if token else [])
            for name, settings, is_last in rounds:
                print(f"=== {who}, {name}", flush=True)
                if run(server, token, settings, is_last, given.examples):
                    failed.append(f"{who}, {name}")
    finally:
        server.stop()
    print("failed: " + "; ".join(failed) if failed else "every response is in docs/api.json")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
