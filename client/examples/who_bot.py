#!/usr/bin/python3
"""A bot in Python: answers `!who` with the people who are here.

    HEARTH_USER=… HEARTH_TOKEN=ht_… client/examples/who_bot.py home/general

Needs paho-mqtt (Debian: python3-paho-mqtt). Speaks MQTT 5: a call is a request with a Response Topic.
"""
import json
import os
import sys
import uuid

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

USER, TOKEN = os.environ["HEARTH_USER"], os.environ["HEARTH_TOKEN"]
HOST, PORT = os.environ.get("HEARTH_HOST", "127.0.0.1"), int(os.environ.get("HEARTH_PORT", "1883"))
PLACE = sys.argv[1] if len(sys.argv) > 1 else "home/general"
REPLIES = f"u/{USER}/reply/who-bot"
asked = {}  # correlation data: the event that asked


def call(client, method, asking, **request):
    properties = Properties(PacketTypes.PUBLISH)
    properties.ResponseTopic = REPLIES
    properties.CorrelationData = uuid.uuid4().bytes
    asked[properties.CorrelationData] = asking
    client.publish(f"u/{USER}/call/{method}", json.dumps(request), qos=1, properties=properties)


def on_connect(client, _data, _flags, reason, _properties):
    if reason.is_failure if hasattr(reason, "is_failure") else reason.value >= 0x80:
        sys.exit(f"the node says: {reason}")
    client.subscribe([(f"s/{PLACE}/events", 1), (REPLIES, 1)])


def on_message(client, _data, message):
    if message.topic == REPLIES:
        event = asked.pop(message.properties.CorrelationData, None)
        reply = json.loads(message.payload)
        if event is None or "error" in reply:
            return
        names = ", ".join(person["address"].split("@")[0] for person in reply["result"]["online"])
        answer = {"body": f"Here are: {names}", "replyTo": event["id"], "id": f"who-{event['id']}"}
        client.publish(f"c/{event['channel']}/send", json.dumps(answer), qos=1)
        return
    event = json.loads(message.payload)
    if event["type"] == "msg" and event.get("body") == "!who":
        call(client, "who", event, channel=event["channel"])


arguments = {"client_id": "who-bot", "protocol": mqtt.MQTTv5}
if hasattr(mqtt, "CallbackAPIVersion"):  # paho-mqtt 2
    arguments["callback_api_version"] = mqtt.CallbackAPIVersion.VERSION2
client = mqtt.Client(**arguments)
client.username_pw_set(USER, TOKEN)
client.on_connect = on_connect
client.on_message = on_message
client.on_subscribe = lambda *_: print(f"listening in {PLACE}", flush=True)
client.connect(HOST, PORT)
client.loop_forever()
