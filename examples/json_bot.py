#!/usr/bin/env python3
"""A bot in the JSON dialect: throws a die for whoever says "!dice", and comes back by itself.

    cargo run --release &
    python3 examples/json_bot.py 127.0.0.1 4242 lobby
"""

import json
import random
import socket
import sys
import time

HOST, PORT, ROOM = sys.argv[1], int(sys.argv[2]), sys.argv[3]

last_seen = None  # The id of the last message, to ask for what was missed.


def chat():
    """Chats until the connection ends."""
    global last_seen
    connection = socket.create_connection((HOST, PORT))
    stream = connection.makefile("rw", encoding="utf-8", newline="\n")

    def do(what, **fields):
        stream.write(json.dumps({"do": what, **fields}) + "\n")
        stream.flush()

    do("hello", nick="dicebot")
    do("join", room=ROOM)
    if last_seen:
        do("resume", since={ROOM: last_seen})
    for line in stream:
        it = json.loads(line)
        if "error" in it:
            print(it["error"]["message"], file=sys.stderr, flush=True)
        elif it.get("ok") == "join":
            print("in", it["room"], "with", len(it["people"]) - 1, "others", flush=True)
        elif it.get("event") == "message":
            last_seen = it["msgid"]
            if it["text"] == "!dice":
                do("say", room=ROOM, text=f"{it['from']} throws a {random.randint(1, 6)}")


while True:
    try:
        chat()
    except OSError as error:
        print(error, file=sys.stderr, flush=True)
    time.sleep(1)
