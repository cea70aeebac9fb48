#!/bin/sh
# Runs the installed package with the Node that came with it, or with that of the PATH if it is new enough.
set -eu

self=$0
while [ -L "$self" ]; do
  link=$(readlink "$self")
  case $link in
    /*) self=$link ;;
    *) self=$(dirname -- "$self")/$link ;;
  esac
done
root=$(CDPATH='' cd -P -- "$(dirname -- "$self")/.." && pwd)

# npm puts the package `node` beside this one, or below it.
find_node() {
  for modules in "$root/node_modules" "$root/.."; do
    for node in "$modules"/node/bin/node "$modules"/node/node_modules/node-*/bin/node "$modules"/node-*/bin/node; do
      if [ -x "$node" ]; then return 0; fi
    done
  done
  node=$(command -v node) && "$node" -e 'process.exit(Number(process.versions.node.split(".")[0]) < 24)'
}

if ! find_node; then
  printf '%s\n' 'Hearth needs Node 24 or newer, and there is none in the PATH.' >&2
  exit 1
fi

HEARTH_COMMAND=${HEARTH_COMMAND:-hearth}
export HEARTH_COMMAND
exec "$node" --max-semi-space-size=8 "$root/node/cli/main.js" "$@"
