"""The stock client. Version 5.0 sends no payload with CONNECT, does not wait for its answer and has no catch-all
handler: its subclass here adds that and leaves the rest as it is."""

import inspect
import threading
from importlib.metadata import version

import socketio
from socketio import packet

NAME = f"python-socketio {version('python-socketio')}"
IS_OLD = "auth" not in inspect.signature(socketio.Client.connect).parameters


class OldClient(socketio.Client):
    auth = None

    def connect(self, url, auth=None, wait_timeout=10, **options):
        # It calls this itself to come back, and knows no payload then.
        self.auth = auth or self.auth
        self.answered, self.refusal = threading.Event(), None
        super().connect(url, **options)
        if not self.answered.wait(wait_timeout) or self.refusal:
            raise socketio.exceptions.ConnectionError(self.refusal or "no answer to CONNECT")

    def _send_packet(self, pkt):
        if pkt.packet_type == packet.CONNECT and self.auth is not None:
            pkt.data = self.auth() if callable(self.auth) else self.auth
        super()._send_packet(pkt)

    def _trigger_event(self, event, namespace, *args):
        if event in ("connect", "connect_error"):
            self.refusal = args if event == "connect_error" else None
            self.answered.set()
        elif event != "disconnect":
            if handler := self.handlers.get(namespace, {}).get("*"):
                return handler(event, *args)
        return super()._trigger_event(event, namespace, *args)


Client = OldClient if IS_OLD else socketio.Client
