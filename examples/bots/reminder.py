"""A bot that reminds: `!remind 10 tea` answers "tea" to its author ten seconds later.

    pip install "python-socketio[client]"
    MADANG=https://chat.example.org BOT_KEY=… ROOM=… python3 reminder.py

The bot needs the rights read, join and send. This is all that a bot in Python needs: a stock Socket.IO client.
"""

import os
import re
import threading
import uuid

import socketio

COMMAND = re.compile(r"!remind (\d{1,5}) (.+)", re.DOTALL)


def main():
    room, key = os.environ["ROOM"], os.environ["BOT_KEY"]
    client = socketio.Client()

    def remind(text, seq):
        # The key makes a repeated send harmless.
        message = {"room": room, "key": str(uuid.uuid4()), "text": text, "replyTo": seq}
        client.emit("message", message, namespace="/chat", callback=lambda answer: print(answer, flush=True))

    @client.on("message", namespace="/chat")
    def heard(message, *_):
        command = COMMAND.fullmatch(message["text"] or "")
        # Other bots may repeat what people write. Its own messages a bot does not hear.
        if command and message["user"]["kind"] != "bot" and message["seq"] == message["rev"]:
            seconds, text = command.groups()
            threading.Timer(int(seconds), remind, (text, message["seq"])).start()

    @client.on("joined", namespace="/chat")
    def joined(*_):
        print("joined", flush=True)

    # The room in the handshake is joined again by itself after each reconnect.
    client.connect(os.environ["MADANG"], auth={"token": key, "room": room}, namespaces=["/chat"])
    client.wait()


main()
