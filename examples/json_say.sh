#!/bin/sh
# Says one message from the shell, in the JSON dialect, and shows what is answered.
#
#     echo "the build is green" | sh examples/json_say.sh 127.0.0.1 4242 lobby buildbot
#
# A text from elsewhere must be made one of JSON's: python3 does that here, jq -R would as well.
set -eu
host=$1 port=$2 room=$3 nick=$4

quoted() {
    python3 -c 'import json, sys; print(json.dumps(sys.stdin.read().rstrip("\n")))'
}

text=$(quoted)
{
    printf '{"do":"hello","nick":"%s"}\n' "$nick"
    printf '{"do":"join","room":"%s"}\n' "$room"
    printf '{"do":"say","room":"%s","text":%s}\n' "$room" "$text"
    printf '{"do":"quit"}\n'
} | nc "$host" "$port"
