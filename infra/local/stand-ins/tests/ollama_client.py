"""Drives the local model with Ollama's official client; every assertion is about what the client understood."""

import sys

import ollama

client = ollama.Client(host=sys.argv[1])
chat = {"model": "local-composer", "messages": [{"role": "user", "content": "poster for a jazz night"}], "options": {"seed": 1}}

assert client.list().models[0].model == "local-composer:latest"
assert client.ps().models[0].model == "local-composer:latest"
shown = client.show("local-composer")
assert shown.capabilities == ["completion"] and shown.details.family == "composer"

whole = client.chat(**chat, format="json")
assert whole.done and whole.done_reason == "stop" and whole.message.role == "assistant"
assert whole.eval_count > 0 and whole.prompt_eval_count > 0 and whole.total_duration > 0

pieces = list(client.chat(**chat, stream=True, format={"type": "object"}))
assert "".join(piece.message.content for piece in pieces) == whole.message.content
assert pieces[-1].done and pieces[-1].eval_count == whole.eval_count == len(pieces) - 1

for call in (lambda: client.chat(model="mistral", messages=[]), lambda: client.show("mistral")):
    try:
        call()
    except ollama.ResponseError as error:
        assert error.status_code == 404 and error.error == "model 'mistral' not found", error
    else:
        raise AssertionError("an unknown model was found")
