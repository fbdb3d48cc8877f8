"""A small contact centre with the official Python SDK: the same as examples/contact-centre.

It checks webhook signatures, answers callers, puts them into a queue, rings agents and bridges each to the first in line. Only the base URL says whose server it talks to.
"""

import base64
import json
import os
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from telnyx import APIConnectionError, APIStatusError, Telnyx

QUEUE = os.environ.get("QUEUE", "support")
CONNECTION_ID = os.environ.get("CONNECTION_ID", "1000000001")
FROM = os.environ.get("FROM", "+15550100")

client = Telnyx(
    api_key=os.environ["TELNYX_API_KEY"],
    base_url=os.environ.get("TELNYX_BASE_URL", "http://127.0.0.1:8080/v2"),
)
public_key = Ed25519PublicKey.from_public_bytes(base64.b64decode(os.environ["TELNYX_PUBLIC_KEY"]))

# Webhooks wait here for the one thread that decides: so no decision needs a lock.
webhooks = queue.Queue()
seen = set()
waiting = set()
agents = {address: "free" for address in os.environ.get("AGENTS", "").split(",") if address}


def state(**role):
    return base64.b64encode(json.dumps(role).encode()).decode()


def role_of(payload):
    text = payload.get("client_state")
    return json.loads(base64.b64decode(text)) if text else {}


def attempt(command, *args, **kwargs):
    """Runs a command; False when the call ended meanwhile, which is normal in telephony."""
    try:
        command(*args, **kwargs)
        return True
    except APIStatusError as error:
        if error.status_code != 422:
            print("unexpected:", error, flush=True)
        return False
    except APIConnectionError as error:
        # The SDK has tried again already. The next event is looked after all the same.
        print("the server cannot be reached:", error, flush=True)
        return False


def ring_agents():
    """One free agent for each caller nobody is on the way to."""
    on_the_way = sum(1 for doing in agents.values() if doing == "ringing")
    free = [address for address, doing in agents.items() if doing == "free"]
    for address in free[: max(0, len(waiting) - on_the_way)]:
        agents[address] = "ringing"
        dialled = attempt(
            client.calls.dial,
            connection_id=CONNECTION_ID,
            to=address,
            from_=FROM,
            timeout_secs=20,
            client_state=state(role="agent", address=address),
        )
        if not dialled:
            agents[address] = "free"


def handle(event):
    payload, event_type = event["payload"], event["event_type"]
    leg = payload.get("call_control_id")
    if leg is None or event["id"] in seen:
        return
    seen.add(event["id"])
    role = role_of(payload)
    actions = client.calls.actions
    if event_type == "call.initiated" and payload["direction"] == "incoming":
        attempt(actions.answer, leg, client_state=state(role="caller"), command_id=event["id"])
    elif event_type == "call.answered" and role.get("role") == "caller":
        attempt(actions.enqueue, leg, queue_name=QUEUE, command_id=event["id"])
        words = "All agents are busy. Please hold the line."
        attempt(actions.speak, leg, payload=words, voice="female")
    elif event_type == "call.answered" and role.get("role") == "agent":
        agents[role["address"]] = "talking"
        # The SDK asks for a call as well; with a queue, the agent's own is no contradiction.
        if not attempt(actions.bridge, leg, call_control_id_to_bridge_with=leg, queue=QUEUE):
            attempt(actions.hangup, leg)
    elif event_type == "call.enqueued":
        waiting.add(leg)
        ring_agents()
    elif event_type == "call.dequeued":
        waiting.discard(leg)
    elif event_type == "call.hangup" and role.get("role") == "agent":
        agents[role["address"]] = "free"
        ring_agents()


def work():
    while True:
        handle(webhooks.get())


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        signature = self.headers.get("telnyx-signature-ed25519", "")
        signed = self.headers.get("telnyx-timestamp", "").encode() + b"|" + body
        try:
            public_key.verify(base64.b64decode(signature), signed)
        except (InvalidSignature, ValueError):
            self.answer(403)
            return
        # Answer first: a slow command must not make the server repeat the webhook.
        webhooks.put(json.loads(body)["data"])
        self.answer(200)

    def answer(self, status):
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    threading.Thread(target=work, daemon=True).start()
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "9000"))), Receiver)
    print(f"contact centre ready, webhooks at http://127.0.0.1:{server.server_port}/webhooks", flush=True)
    server.serve_forever()
