#!/bin/sh
# The cURL lines of the vendor's guide to call queues, as a script: an inbound call and an agent's call go through a queue.
#
#   HOLDFAST_URL=http://127.0.0.1:8080/v2 HOLDFAST_API_KEY=KEY… examples/curl/queue.sh <caller> <agent>
#
# <caller>: call_control_id of an inbound call; <agent>: the one of a call that an agent has answered.
set -eu
caller=$1
agent=$2
queue=${QUEUE:-support}

api() {
  curl --silent --show-error --fail-with-body \
    --header "Authorization: Bearer $HOLDFAST_API_KEY" \
    --header 'Content-Type: application/json' --header 'Accept: application/json' "$@"
  echo
}

echo "Answer the caller, and put the call at the end of the queue."
api -X POST "$HOLDFAST_URL/calls/$caller/actions/answer"
api -X POST --data "{\"queue_name\": \"$queue\"}" "$HOLDFAST_URL/calls/$caller/actions/enqueue"

echo "The queue, its calls, and this one."
api "$HOLDFAST_URL/queues/$queue"
api "$HOLDFAST_URL/queues/$queue/calls"
api "$HOLDFAST_URL/queues/$queue/calls/$caller"

echo "Out of the line, still on the phone; and back to its end."
api -X POST "$HOLDFAST_URL/calls/$caller/actions/leave_queue"
api -X POST --data "{\"queue_name\": \"$queue\"}" "$HOLDFAST_URL/calls/$caller/actions/enqueue"

echo "The first in line for the agent."
api -X POST --data "{\"queue\": \"$queue\"}" "$HOLDFAST_URL/calls/$agent/actions/bridge"
