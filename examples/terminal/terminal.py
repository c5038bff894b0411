"""A chat in the terminal: each line that is typed is sent, and each message is printed once and in order, whatever happens to
the connection, the server or this program. What it must not forget is in a file.

    pip install "python-socketio[client]"
    MADANG=https://chat.example.org TOKEN=… ROOM=… STATE=courtyard.json python3 terminal.py

It is terminal.ts without its package: a stock Socket.IO client, and the rules of docs/delivery.md. A send has a key and is
repeated until it is answered. A room is resumed from its rev and epoch, and of each message the highest rev counts.
"""

import json
import os
import random
import sys
import threading
import urllib.request
import uuid

import socketio

MADANG, TOKEN, ROOM = os.environ["MADANG"], os.environ["TOKEN"], os.environ["ROOM"]
STATE = os.environ.get("STATE", "courtyard.json")
RETRYABLE = {"rate_limited", "busy", "unavailable", "draining", "internal"}


class Terminal:
    def __init__(self):
        self.client = socketio.Client(reconnection_delay=0.5, reconnection_delay_max=10)
        # Events, answers, timers and typed lines come from several threads.
        self.lock = threading.RLock()
        self.sent_all = threading.Condition(self.lock)
        self.state = self.load()
        # Whether the room is joined and nothing is missing. The number tells joins of older connections apart.
        self.is_live = False
        self.join_number = 0
        self.is_sending = False
        for name in ("message", "rev", "kicked", "removeRoom"):
            self.client.on(name, getattr(self, "on_" + name), namespace="/chat")
        self.client.on("connect", self.join, namespace="/chat")
        self.client.on("disconnect", self.on_disconnect, namespace="/chat")

    def run(self):
        # The room is joined by the event, as the position is not known to the handshake of a reconnect.
        auth = {"token": TOKEN, "room": ""}
        self.client.connect(MADANG, auth=auth, namespaces=["/chat"], retry=True)
        for line in sys.stdin:
            self.send(line.rstrip("\n"))
        with self.sent_all:
            self.sent_all.wait_for(lambda: not self.state["sends"])
        self.client.disconnect()

    # What outlives the program.

    def load(self):
        try:
            with open(STATE, encoding="utf-8") as file:
                return json.load(file)
        except FileNotFoundError:
            return {"sends": [], "position": None}

    def save(self):
        with open(STATE + ".part", "w", encoding="utf-8") as file:
            json.dump(self.state, file)
        os.replace(STATE + ".part", STATE)

    # Receiving.

    def join(self):
        with self.lock:
            self.is_live = self.is_sending = False
            self.join_number += 1
            number, position = self.join_number, self.state["position"]
            request = {"room": ROOM, **(position and {"since": position["rev"], "epoch": position["epoch"]} or {})}

        def answered(answer):
            with self.lock:
                if number == self.join_number:
                    self.joined(answer, position)

        self.emit("join", request, answered)

    def joined(self, answer, position):
        if not answer["ok"]:
            return self.refused(answer["error"], self.join)
        rev, epoch, messages = answer["rev"], answer["room"]["epoch"], answer["messages"]
        is_known = position is not None and position["epoch"] == epoch
        if is_known and answer.get("gap"):
            # Too much has changed for one answer: what is missing comes page by page, then the rest.
            threading.Thread(target=self.pull, args=(rev, self.join_number), daemon=True).start()
            return
        since = position["rev"] if is_known else 0
        for message in sorted(messages, key=lambda message: message["seq"]):
            if message["seq"] > since:
                self.show(message)
        self.advance(rev, epoch)
        self.is_live = True
        self.send_next()

    def pull(self, rev, number):
        while True:
            with self.lock:
                position = self.state["position"]
            path = f"/api/rooms/{ROOM}/messages?limit=100&after={position['rev']}"
            request = urllib.request.Request(MADANG + path, headers={"authorization": "Bearer " + TOKEN})
            try:
                with urllib.request.urlopen(request, timeout=30) as response:
                    page = json.load(response)
            except OSError as error:
                print(error, file=sys.stderr)
                self.later(1, self.join)
                return
            with self.lock:
                if number != self.join_number:
                    return
                if page["epoch"] != position["epoch"]:
                    break
                for message in page["messages"]:
                    self.show(message)
                    self.advance(message["seq"], position["epoch"])
                if not page["more"]:
                    self.advance(max(rev, self.state["position"]["rev"]), position["epoch"])
                    break
        self.join()

    def on_message(self, message, *_):
        with self.lock:
            position = self.state["position"]
            # While the room is not live, the answer of the join will have it.
            if message["roomId"] != ROOM or not self.is_live or message["rev"] <= position["rev"]:
                return
            # An older message that has changed comes again, with a higher rev.
            if message["seq"] > position["rev"]:
                self.show(message)
            self.advance(message["rev"], position["epoch"])

    def on_rev(self, revs, *_):
        with self.lock:
            is_behind = self.is_live and revs.get(ROOM, 0) > self.state["position"]["rev"]
        if is_behind:
            self.join()

    def on_disconnect(self, *_):
        with self.lock:
            self.is_live = False
            self.join_number += 1
        print("disconnected", file=sys.stderr, flush=True)

    def on_kicked(self, kicked, *_):
        if kicked["room"] == ROOM:
            self.stop("not_a_member")

    def on_removeRoom(self, room, *_):
        if room == ROOM:
            self.stop("room_not_found")

    def advance(self, rev, epoch):
        self.state["position"] = {"rev": rev, "epoch": epoch}
        self.save()

    def show(self, message):
        name = (message.get("user") or {}).get("name", "")
        text = "(deleted)" if message.get("deletedAt") else message["text"]
        print(f"{message['seq']} {name}: {text}", flush=True)

    # Sending.

    def send(self, text):
        with self.lock:
            self.state["sends"].append({"room": ROOM, "key": str(uuid.uuid4()), "text": text})
            self.save()
            self.send_next()

    def send_next(self):
        """Sends the oldest message. The next one follows its answer, so that they keep their order."""
        with self.lock:
            if not self.is_live or self.is_sending or not self.state["sends"]:
                return
            self.is_sending = True
            number, message = self.join_number, self.state["sends"][0]

        def answered(answer):
            with self.lock:
                # After a reconnect the message is sent again, with the same key.
                if number != self.join_number:
                    return
                self.is_sending = False
                if answer["ok"] or answer["error"]["code"] not in RETRYABLE:
                    self.state["sends"].remove(message)
                    self.save()
                    self.sent_all.notify_all()
                if answer["ok"]:
                    self.send_next()
                else:
                    self.refused(answer["error"], self.send_next, is_final=False)

        self.emit("message", message, answered)

    # Both.

    def emit(self, event, payload, answered):
        try:
            self.client.emit(event, payload, namespace="/chat", callback=answered)
        except socketio.exceptions.SocketIOError:
            # The connection was lost just now; the next one joins.
            pass

    def refused(self, error, again, is_final=True):
        """Tries again what may succeed later. Ends the program, or goes on with the next, otherwise."""
        print(f"{error['code']}: {error['message']}", file=sys.stderr, flush=True)
        if error["code"] in RETRYABLE:
            self.later(error.get("retryAfterMs", 1000) / 1000, again)
        elif is_final:
            self.stop(error["code"])
        else:
            again()

    def later(self, seconds, act):
        timer = threading.Timer(seconds + random.random() / 10, act)
        timer.daemon = True
        timer.start()

    def stop(self, code):
        print(code, file=sys.stderr, flush=True)
        os._exit(1)


if __name__ == "__main__":
    Terminal().run()
