"""Home Assistant, as far as an MQTT configuration and its automations need it: same MQTT client, same YAML, same templates.

Reads a configuration file; connects as the environment says; prints each action that Home Assistant would perform as a JSON
line, and takes lines `entity_id state` for what happens in the house.
"""
import json
import os
import sys
import types

import jinja2
import paho.mqtt.client as mqtt
import yaml

with open(sys.argv[1], encoding="utf-8") as file:
    configuration = yaml.safe_load(file)
entities = {
    options["default_entity_id"]: (domain, options)
    for entry in configuration["mqtt"]
    for domain, options in entry.items()
}
templates = jinja2.Environment(undefined=jinja2.StrictUndefined)


def say(**what):
    print(json.dumps(what), flush=True)


def rendered(value, variables):
    if isinstance(value, dict):
        return {key: rendered(inner, variables) for key, inner in value.items()}
    return templates.from_string(value).render(variables) if isinstance(value, str) else value


def perform(client, action, variables):
    data = rendered(action.get("data", {}), variables)
    say(action=action["action"], data=data)
    if action["action"] != "notify.send_message":
        return
    domain, entity = entities[action["target"]["entity_id"]]
    assert domain == "notify"
    client.publish(entity["command_topic"], data["message"], qos=entity.get("qos", 0), retain=entity.get("retain", False))


def run(client, automation, trigger):
    variables = {"trigger": trigger}
    for condition in automation.get("conditions", []):
        assert condition["condition"] == "template"
        if rendered(condition["value_template"], variables).strip() != "True":
            return
    for action in automation["actions"]:
        perform(client, action, variables)


def triggers(kind):
    for automation in configuration["automation"]:
        for trigger in automation["triggers"]:
            if trigger["trigger"] == kind:
                yield automation, trigger


def on_connect(client, _data, _flags, reason, _properties):
    assert reason.value < 0x80, str(reason)
    for _, trigger in triggers("mqtt"):
        client.subscribe(trigger["topic"], qos=trigger.get("qos", 0))


def on_message(client, _data, message):
    payload = message.payload.decode()
    for automation, trigger in triggers("mqtt"):
        if mqtt.topic_matches_sub(trigger["topic"], message.topic):
            seen = {"platform": "mqtt", "topic": message.topic, "payload": payload, "qos": message.qos}
            try:
                seen["payload_json"] = json.loads(payload)
            except ValueError:
                pass
            run(client, automation, seen)


client = mqtt.Client(client_id="home-assistant", protocol=mqtt.MQTTv5)
client.username_pw_set(os.environ["HEARTH_USER"], os.environ["HEARTH_TOKEN"])
client.on_connect = on_connect
client.on_message = on_message
client.on_subscribe = lambda _client, _data, _mid, granted, _properties: say(subscribed=[code.value for code in granted])
client.connect(os.environ["HEARTH_HOST"], int(os.environ["HEARTH_PORT"]))
client.loop_start()
for line in sys.stdin:
    entity_id, state = line.split()
    name = entity_id.split(".")[1].replace("_", " ")
    for automation, trigger in triggers("state"):
        if trigger["entity_id"] == entity_id and trigger["to"] == state:
            run(client, automation, {"platform": "state", "to_state": types.SimpleNamespace(state=state, name=name)})
client.loop_stop()
