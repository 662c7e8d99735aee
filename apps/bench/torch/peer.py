"""PyTorch as a contestant: answers one JSON request a line on standard input with one JSON reply a line.

Inputs and results lie in files of raw little-endian float32 or int32.
"""

import json
import math
import os
import sys
import time

EPSILON = 1e-5


def layer(name, x, p):
    return F.linear(x, p[name + ".weight"], p[name + ".bias"])


def layer_norm(name, x, p):
    return F.layer_norm(x, x.shape[-1:], p[name + ".weight"], p[name + ".bias"], EPSILON)


def batch_norm(x, weight, bias):
    return F.batch_norm(x, None, None, weight, bias, training=True, eps=EPSILON)


def cross_entropy(logits, labels):
    return F.cross_entropy(logits, labels.long())


def lovasz(logits, labels):
    classes = logits.shape[1]
    probabilities = logits.softmax(1).transpose(0, 1).reshape(classes, -1)
    foreground = (labels.reshape(1, -1) == torch.arange(classes).reshape(-1, 1)).float()
    errors, order = (foreground - probabilities).abs().sort(1, descending=True)
    hits = foreground.gather(1, order)
    total = hits.sum(1, keepdim=True)
    jaccard = 1 - (total - hits.cumsum(1)) / (total + (1 - hits).cumsum(1))
    steps = torch.cat([jaccard[:, :1], jaccard[:, 1:] - jaccard[:, :-1]], 1)
    losses = (errors * steps).sum(1)
    return losses[total.reshape(-1) > 0].mean()


def unet(p, options):
    def pair(name, x):
        for i in (1, 2):
            x = F.conv2d(x, p[f"{name}.conv{i}.weight"], padding=1)
            x = batch_norm(x, p[f"{name}.norm{i}.weight"], p[f"{name}.norm{i}.bias"]).relu()
        return x

    def ascend(name, x, skipped):
        up = F.conv_transpose2d(x, p[name + ".up.weight"], p[name + ".up.bias"], stride=2)
        return pair(name + ".merge", torch.cat([up, skipped], 1))

    fine = pair("fine", p["images"])
    middle = pair("middle", F.max_pool2d(fine, 2))
    coarse = pair("coarse", F.max_pool2d(middle, 2))
    top = ascend("toFine", ascend("toMiddle", coarse, middle), fine)
    logits = F.conv2d(top, p["head.weight"], p["head.bias"])
    return cross_entropy(logits, p["labels"]) + lovasz(logits, p["labels"])


def mlp(p, options):
    x = layer("first", p["images"], p).relu()
    return cross_entropy(layer("last", layer("second", x, p).relu(), p), p["labels"])


def attend(query, key, value, mask=None):
    scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(mask, -math.inf)
    return scores.softmax(-1) @ value


def transformer(p, options):
    heads = options["heads"]
    x = F.embedding(p["ids"].long(), p["tokens.weight"]) + p["positions.weight"]
    batch, length, width = x.shape
    future = torch.ones(length, length, dtype=torch.bool).triu(1)
    for name in ("block1", "block2"):
        joint = layer(name + ".queryKeyValue", layer_norm(name + ".norm1", x, p), p)
        parts = [part.reshape(batch, length, heads, -1).transpose(1, 2) for part in joint.split(width, 2)]
        attended = attend(*parts, future).transpose(1, 2).reshape(batch, length, width)
        x = x + layer(name + ".output", attended, p)
        x = x + layer(name + ".contract", F.gelu(layer(name + ".expand", layer_norm(name + ".norm2", x, p), p)), p)
    logits = F.linear(layer_norm("norm", x, p).reshape(-1, width), p["tokens.weight"])
    return cross_entropy(logits, p["next"].reshape(-1))


def chain(p, options):
    x = p["x"]
    for i in range(options["length"]):
        x = x * 1.001 if i % 2 == 0 else x + 0.001
    return x


FORMULAS = {
    "matmul": lambda p, o: p["a"] @ p["b"],
    "matmulGradients": lambda p, o: {"a": p["cotangent"] @ p["b"].T, "b": p["a"].T @ p["cotangent"]},
    "elementwise": lambda p, o: (torch.exp(-p["x"].square()) * 0.5 + p["x"].tanh()).sum(),
    "softmax": lambda p, o: p["x"].softmax(-1),
    "sum": lambda p, o: p["x"].sum(o["axis"]),
    "convolution": lambda p, o: F.conv2d(
        p["x"], p["weight"], stride=o["stride"], padding=o["padding"], groups=o["groups"]
    ),
    "transposedConvolution": lambda p, o: F.conv_transpose2d(p["x"], p["weight"], stride=o["stride"]),
    "sort": lambda p, o: p["x"].sort().values,
    "argsort": lambda p, o: p["x"].argsort(),
    "topk": lambda p, o: dict(zip(("values", "indices"), p["x"].topk(o["k"]))),
    "cumsum": lambda p, o: p["x"].cumsum(-1),
    "gather": lambda p, o: F.embedding(p["rows"], p["table"]),
    "scatterAdd": lambda p, o: p["target"].index_add(0, p["rows"], p["updates"]),
    "attention": lambda p, o: attend(p["query"], p["key"], p["value"]),
    "layerNorm": lambda p, o: F.layer_norm(p["x"], p["weight"].shape, p["weight"], p["bias"], EPSILON),
    "batchNorm": lambda p, o: batch_norm(p["x"], p["weight"], p["bias"]),
    "lovasz": lambda p, o: lovasz(p["logits"], p["labels"]),
    "mlp": mlp,
    "unet": unet,
    "transformer": transformer,
    "chain": chain,
}


def named(results):
    return results if isinstance(results, dict) else {"value": results}


class Problem:
    """A problem with its inputs in place; mirrors the modes of `workloads/problem.ts`."""

    def __init__(self, problem, inputs, settings):
        self.formula = FORMULAS[problem["formula"]]
        self.options = problem.get("options")
        self.mode = problem["mode"]
        self.inputs = inputs
        self.variables = [inputs[name].requires_grad_() for name in problem["variables"]]
        self.names = problem["variables"]
        if self.mode == "training":
            betas = (settings["beta1"], settings["beta2"])
            self.optimizer = torch.optim.Adam(
                self.variables, lr=settings["learningRate"], betas=betas, eps=settings["epsilon"]
            )

    def run(self):
        if self.mode == "value":
            with torch.no_grad():
                return named(self.formula(self.inputs, self.options))
        value = self.formula(self.inputs, self.options)
        if self.mode == "gradient":
            gradients = torch.autograd.grad(value, self.variables, self.inputs.get("cotangent"))
            return {"value": value, **{"gradient." + n: g for n, g in zip(self.names, gradients)}}
        self.optimizer.zero_grad(set_to_none=True)
        value.backward()
        self.optimizer.step()
        return {"loss": value}

    def results(self, steps):
        if self.mode != "training":
            return self.run()
        return {"losses": torch.tensor([self.run()["loss"].item() for _ in range(steps)])}


def read(spec):
    with open(spec["file"], "rb") as file:
        return bytearray(file.read())


def write(name, tensor, folder):
    values = tensor.detach()
    kind = "float32" if values.is_floating_point() else "int32"
    path = os.path.join(folder, name)
    values = values.to(torch.float32 if kind == "float32" else torch.int32).contiguous().reshape(-1)
    with open(path, "wb") as file:
        file.write(values.numpy().tobytes())
    return {"name": name, "kind": kind, "file": path}


def prepare(request):
    global torch, F
    contents = {name: read(spec) for name, spec in request["inputs"].items()}
    begin = time.perf_counter()
    import torch
    import torch.nn.functional as F

    torch.set_num_threads(request["threads"])
    inputs = {
        name: torch.frombuffer(contents[name], dtype=getattr(torch, spec["kind"])).reshape(spec["shape"])
        for name, spec in request["inputs"].items()
    }
    problem = Problem(request["problem"], inputs, request["adam"])
    results = problem.results(request["steps"])
    startup = time.perf_counter() - begin
    return problem, {
        "startupMs": 1000 * startup,
        "outputs": [write(name, tensor, request["folder"]) for name, tensor in results.items()],
    }


def measure(problem, turn):
    samples = []
    end = time.perf_counter() + turn["forMs"] / 1000
    while not samples or (time.perf_counter() < end and len(samples) < turn["maxRuns"]):
        begin = time.perf_counter()
        problem.run()
        samples.append(1000 * (time.perf_counter() - begin))
    return samples


def main():
    problem = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["kind"] == "prepare":
                problem, reply = prepare(request)
            else:
                reply = {"samplesMs": measure(problem, request["turn"])}
        except Exception as error:
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), flush=True)


main()
