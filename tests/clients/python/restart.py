"""python-socketio comes back by itself after the server was restarted.

restart.py <address> polling|websocket|upgrade
Prints "joined" when it is in, and ends when it is in again and has said something.
"""

import os
import queue
import sys

import requests

from client import NAME, Client

ADDRESS, WAY = sys.argv[1:]
TRANSPORTS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": None}[WAY]
TIMEOUT = 30


def post(path, body, token=None):
    headers = {"authorization": f"Bearer {token}"} if token else {}
    response = requests.post(f"{ADDRESS}/api{path}", headers=headers, json=body, timeout=TIMEOUT)
    assert response.ok, f"{path}: {response.status_code} {response.text}"
    return response.json()


token = post("/guests", {"name": "minji"})["token"]
room = post("/rooms", {"title": "courtyard", "ephemeral": False}, token)["id"]
joined = queue.Queue()
client = Client(reconnection_delay=0.05, reconnection_delay_max=0.2, randomization_factor=0)
client.on("joined", joined.put, namespace="/chat")
client.connect(ADDRESS, namespaces=["/chat"], auth={"token": token, "room": room}, transports=TRANSPORTS)
joined.get(timeout=TIMEOUT)
print("joined", flush=True)
try:
    joined.get(timeout=TIMEOUT)
except queue.Empty:
    sys.exit(f"{NAME}, {WAY}: not back in {TIMEOUT} seconds")
answer = client.call("message", {"room": room, "key": "back", "text": "back"}, namespace="/chat", timeout=TIMEOUT)
assert answer["ok"], answer
# Its threads may wait for a poll.
os._exit(0)
