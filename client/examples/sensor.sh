#!/bin/sh
# A sensor that talks: reads numbers from its input, one a line, and says so when they pass LIMIT, and when they are back.
#
#   while sleep 10; do cat /sys/class/thermal/thermal_zone0/temp; done |
#     LIMIT=70000 HEARTH_USER=… HEARTH_TOKEN=ht_… client/examples/sensor.sh home/general
#
# Needs mosquitto_pub (Debian: mosquitto-clients). With -q 1 it returns when the message is on disk; with -V 5 a refusal has
# a name.
set -eu

say() {
  mosquitto_pub -h "${HEARTH_HOST:-127.0.0.1}" -p "${HEARTH_PORT:-1883}" -u "$HEARTH_USER" -P "$HEARTH_TOKEN" \
    -V 5 -i "${HEARTH_DEVICE:-sensor}" -q 1 -t "s/$1/say" -m "$2"
}

was=cool
while read -r value; do
  if [ "$value" -gt "${LIMIT:-70000}" ]; then now=hot; else now=cool; fi
  if [ "$now" != "$was" ]; then say "${1:-home/general}" "It is $now: $value"; fi
  was=$now
done
