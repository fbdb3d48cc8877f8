#!/bin/sh
# The cURL lines of the vendor's guide to call queues, as a script: an inbound call and an agent's call go through a queue.
#
#   HOLDFAST_URL=http://127.0.0.1:8080 HOLDFAST_API_KEY=KEY… examples/curl/queue.sh <caller> <agent>
#
# <caller>: call_control_id of an inbound call; <agent>: the one of a call that an agent has answered.
set -eu
caller=$1
agent=$2
queue=${QUEUE:-support}
# As for the command line, with or without /v2 at its end.
v2=${HOLDFAST_URL%/v2}/v2

api() {
  curl --silent --show-error --fail-with-body \
    --header "Authorization: Bearer $HOLDFAST_API_KEY" \
    --header 'Content-Type: application/json' --header 'Accept: application/json' "$@"
  echo
}

echo "Answer the caller, and put the call at the end of the queue."
api -X POST "$v2/calls/$caller/actions/answer"
api -X POST --data "{\"queue_name\": \"$queue\"}" "$v2/calls/$caller/actions/enqueue"

echo "The queue, its calls, and this one."
api "$v2/queues/$queue"
api "$v2/queues/$queue/calls"
api "$v2/queues/$queue/calls/$caller"

echo "Out of the line, still on the phone; and back to its end."
api -X POST "$v2/calls/$caller/actions/leave_queue"
api -X POST --data "{\"queue_name\": \"$queue\"}" "$v2/calls/$caller/actions/enqueue"

echo "The first in line for the agent."
api -X POST --data "{\"queue\": \"$queue\"}" "$v2/calls/$agent/actions/bridge"
