"""python-socketio walks through everything that clients say and are told.

walk.py <address> <pid of the server> polling|websocket|upgrade
"""

import json
import os
import pathlib
import signal
import sys
import threading
import time

import requests
import socketio

from client import NAME, Client

ADDRESS, PID, WAY = sys.argv[1:]
TRANSPORTS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": None}[WAY]
PATIENCE = 10
PAPER = json.loads((pathlib.Path(__file__).parents[3] / "docs/events.json").read_text())
SAID, TOLD = set(), {"lobby": set(), "chat": set()}


def required(schema):
    """The members that a schema asks for, by reference too."""
    if not isinstance(schema, dict):
        return set()
    if "$ref" in schema:
        found = PAPER
        for name in schema["$ref"][2:].split("/"):
            found = found[name]
        return required(found)
    return set(schema.get("required", [])).union(*map(required, schema.get("allOf", [])))


def check(channel, message, value):
    payload = PAPER["channels"][channel]["messages"][message]["payload"]
    missing = required(payload) - set(value if isinstance(value, dict) else [])
    assert not missing, f"{message} lacks {missing}: {value}"


def names(channel, verb):
    messages = PAPER["channels"][channel]["messages"]
    return {name for name in messages if name.startswith(f"{verb}.") and not name.endswith(".answer")}


def call(method, path, person=None, body=None):
    headers = {"authorization": f"Bearer {person['token']}"} if person else {}
    answer = requests.request(method, f"{ADDRESS}/api{path}", headers=headers, json=body, timeout=PATIENCE)
    assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
    return answer.json() if answer.content else None


class Listener:
    """A socket that keeps what it hears."""

    def __init__(self, namespace, auth=None, query=""):
        self.namespace, self.channel = namespace, "lobby" if namespace == "/room" else "chat"
        self.heard, self.more, self.wrong = [], threading.Condition(), None
        self.client = Client(reconnection_delay=0.05, reconnection_delay_max=0.1, randomization_factor=0)
        self.client.on("*", self.hear, namespace=namespace)
        self.client.connect(
            ADDRESS + query, namespaces=[namespace], auth=auth, transports=TRANSPORTS, wait_timeout=PATIENCE
        )

    def hear(self, name, *body):
        with self.more:
            try:
                assert len(body) == 1, f"{name} carries one thing"
                check(self.channel, f"tell.{name}", body[0])
                TOLD[self.channel].add(f"tell.{name}")
            except Exception as error:  # told where somebody waits
                self.wrong = error
            self.heard.append((name, body[0]))
            self.more.notify_all()

    def take(self, name, is_it=lambda body: True):
        end = time.monotonic() + PATIENCE
        with self.more:
            while True:
                if self.wrong:
                    raise self.wrong
                for place, (heard, body) in enumerate(self.heard):
                    if heard == name and is_it(body):
                        del self.heard[place]
                        return body
                left = end - time.monotonic()
                assert left > 0, f"no {name}; left are {[name for name, _ in self.heard]}"
                self.more.wait(left)

    def say(self, name, payload):
        answer = self.client.call(name, payload, namespace=self.namespace, timeout=PATIENCE)
        assert "ok" in answer, answer
        if answer["ok"]:
            accepted = PAPER["channels"]["chat"]["messages"][f"say.{name}.answer"]["payload"]["oneOf"][0]
            missing = required(accepted) - set(answer)
            assert not missing, f"the answer to {name} lacks {missing}: {answer}"
        SAID.add(f"say.{name}")
        return answer

    def ok(self, name, payload):
        answer = self.say(name, payload)
        assert answer["ok"], f"{name}: {answer}"
        return answer

    def refused(self, name, payload, code):
        answer = self.say(name, payload)
        assert not answer["ok"] and answer["error"]["code"] == code, f"{name}: {answer}"


def cut(engine):
    """Breaks the line as a tunnel does: without a word."""
    if engine.transport() == "websocket":
        engine.ws.shutdown()
        return
    send = engine._send_request

    def fail_once(*_, **__):
        engine._send_request = send

    engine._send_request = fail_once


def guest(name):
    made = call("POST", "/guests", body={"name": name})
    return {**made["user"], "token": made["token"]}


def walk():
    minji, jun, sora = guest("minji"), guest("jun"), guest("sora")

    # The lobby hears of the room.
    lobby = Listener("/room")
    room = call("POST", "/rooms", minji, {"title": "courtyard"})["id"]
    assert lobby.take("newRoom")["id"] == room

    # Coming in: by the handshake, by an event, and refused.
    hers = Listener("/chat", {"token": minji["token"], "room": room})
    assert hers.take("joined")["me"]["role"] == "owner"
    hold, may_return = {}, threading.Event()
    may_return.set()
    # He is not back before there is something that he missed.
    his = Listener("/chat", lambda: may_return.wait() and {"token": jun["token"], **hold})
    joined = his.ok("join", {"room": room})
    assert len(joined["members"]) == 2
    assert his.take("rev") == {room: joined["rev"]}
    assert hers.take("join", lambda join: join["user"]["id"] == jun["id"])["count"] == 2
    hers.take("message", lambda line: line.get("system", {}).get("event") == "join" and line["user"]["id"] == jun["id"])
    soras = Listener("/chat", {"token": sora["token"]}, f"?room={room}")
    soras.take("joined")
    try:
        Listener("/chat", {"token": "nobody"})
        raise AssertionError("nobody was let in")
    except socketio.exceptions.ConnectionError:
        pass

    # Talking.
    his.ok("typing", {"room": room})
    assert hers.take("typing")["user"]["id"] == jun["id"]
    hello = his.ok("message", {"room": room, "key": "one", "text": "안녕 hello"})
    again = his.ok("message", {"room": room, "key": "one", "text": "other"})
    assert again["dup"] and again["id"] == hello["id"]
    assert "key" not in hers.take("message", lambda message: message["seq"] == hello["seq"])
    assert his.take("message", lambda message: message["seq"] == hello["seq"])["key"] == "one"
    hers.ok("message", {"room": room, "key": "two", "text": "psst", "to": jun["id"], "replyTo": hello["seq"]})
    assert his.take("message", lambda message: message["kind"] == "whisper")["replyTo"]["seq"] == hello["seq"]
    hers.refused("message", {"room": room, "key": "three", "text": " "}, "invalid")
    hers.refused("message", {"room": "nowhere", "key": "three", "text": "x"}, "room_not_found")
    assert len(hers.ok("members", {"room": room})["members"]) == 3
    unknown = hers.client.call("nonsense", {}, namespace="/chat", timeout=PATIENCE)
    assert unknown["error"]["code"] == "unknown_event"
    his.ok("read", {"room": room, "seq": hello["seq"]})
    read = hers.take("read", lambda read: read["userId"] == jun["id"])
    assert read == {"room": room, "userId": jun["id"], "seq": hello["seq"]}

    # What was said changes: the whole message comes again.
    rev = his.ok("edit", {"id": hello["id"], "text": "안녕 again"})["rev"]
    assert hers.take("message", lambda message: message["rev"] == rev)["text"] == "안녕 again"
    hers.refused("edit", {"id": hello["id"], "text": "mine"}, "forbidden")
    hers.ok("react", {"id": hello["id"], "emoji": "👍", "on": True})
    assert his.take("message", lambda message: message["reactions"])["reactions"][0]["count"] == 1
    hers.ok("pin", {"id": hello["id"], "on": True})
    his.take("message", lambda message: "pinnedAt" in message)
    hers.ok("delete", {"id": hello["id"]})
    assert his.take("message", lambda message: "deletedAt" in message)["text"] == ""

    # Elsewhere one hears what waits, who is there, and who begins a conversation.
    elsewhere = Listener("/chat", {"token": jun["token"]})
    direct = call("POST", "/direct", minji, {"userId": jun["id"]})["id"]
    assert elsewhere.take("newRoom")["id"] == direct
    call("POST", f"/rooms/{direct}/messages", minji, {"text": "here?"})
    assert elsewhere.take("unread", lambda told: told["room"] == direct)["last"]["text"] == "here?"
    elsewhere.ok("presence", {"state": "away"})
    his.ok("presence", {"state": "away"})
    away = hers.take("presence", lambda told: told["userId"] == jun["id"] and told["state"] == "away")
    assert "seenAt" not in away
    elsewhere.client.disconnect()

    # Others change.
    call("PATCH", "/me", sora, {"name": "소라"})
    assert hers.take("user")["name"] == "소라"
    call("PATCH", f"/rooms/{room}", minji, {"title": "garden"})
    for listener in (his, lobby):
        listener.take("changeRoom", lambda changed: changed["title"] == "garden")

    # What is reported is at once known to those who decide.
    spam = his.ok("message", {"room": room, "key": "spam", "text": "cheap boots"})
    call("POST", f"/messages/{spam['id']}/reports", sora, {"reason": "spam"})
    assert hers.take("reports") == {"room": room, "open": 1}

    # The line breaks; the client comes back by itself and resumes from what it holds.
    hold.update(room=room, since=call("GET", f"/rooms/{room}")["rev"])
    may_return.clear()
    cut(his.client.eio)
    hers.ok("message", {"room": room, "key": "four", "text": "missed?"})
    may_return.set()
    back = his.take("joined")
    assert not back.get("gap") and any(message["text"] == "missed?" for message in back["messages"])

    # Somebody keeps order with the owner, for a while.
    for on in (True, False):
        hers.ok("moderator", {"room": room, "userId": sora["id"], "on": on})
        event = "moderator" if on else "member"
        soras.take("message", lambda line, event=event: line.get("system", {}).get("event") == event)

    # Keys change hands; somebody is shown out and stays connected.
    hers.refused("owner", {"room": room, "userId": "nobody"}, "invalid")
    hers.ok("owner", {"room": room, "userId": jun["id"]})
    call("PUT", f"/rooms/{room}/mutes/{sora['id']}", jun, {"minutes": 5, "reason": "too many links"})
    assert soras.take("muted")["mute"]["reason"] == "too many links"
    his.ok("kick", {"room": room, "userId": sora["id"], "reason": "too loud"})
    assert soras.take("kicked") == {"room": room, "reason": "too loud"}
    assert hers.take("exit", lambda exit: exit["user"]["id"] == sora["id"])["count"] == 2
    soras.refused("members", {"room": room}, "not_a_member")
    assert soras.client.connected
    hers.ok("leave", {"room": room})
    his.take("exit", lambda exit: exit["user"]["id"] == minji["id"])

    # A larger company tells of its reading together.
    company = [Listener("/chat", {"token": guest(f"guest {place}")["token"], "room": room}) for place in range(21)]
    last = his.ok("message", {"room": room, "key": "five", "text": "read this"})
    company[0].ok("read", {"room": room, "seq": last["seq"]})
    assert last["seq"] in his.take("reads")["marks"].values()

    # The room ends, then the server.
    call("DELETE", f"/rooms/{room}", jun)
    assert his.take("removeRoom") == room and lobby.take("removeRoom") == room
    os.kill(int(PID), signal.SIGTERM)
    for listener in (his, lobby):
        assert listener.take("draining")["reconnectInMs"] > 0

    assert SAID == names("chat", "say"), SAID ^ names("chat", "say")
    assert TOLD["chat"] == names("chat", "tell"), TOLD["chat"] ^ names("chat", "tell")
    assert TOLD["lobby"] == names("lobby", "tell"), TOLD["lobby"] ^ names("lobby", "tell")
    print(f"{NAME}, {WAY}: {len(SAID)} events said, {sum(map(len, TOLD.values()))} told")


if __name__ == "__main__":
    try:
        walk()
    except BaseException as error:
        print(f"{NAME}, {WAY}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        os._exit(1)
    # Without waiting for threads that would come back to a server that ends.
    sys.stdout.flush()
    os._exit(0)
