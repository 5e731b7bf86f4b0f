#!/usr/bin/env python3
"""Compares puna's logits with those of transformers (F32, eager attention) on a checkpoint of yours.

Both get the same ids; every position is compared: largest and mean absolute difference, whether the best token is the
same, and the KL divergence of puna's distribution from the reference's, in nats.
"""
import argparse
import json
import math
import os
import shlex
import struct
import subprocess
import sys
import tempfile

EXIT_EXAMPLES = """\
exit codes: 0 within the tolerance; 1 beyond it; 2 a mistake in the call, or a package is missing

examples:
  tools/parity.py ~/models/Llama-3.2-1B --text "The capital of France is"
  tools/parity.py models/demo --ids ids.json --puna "dotnet run -c Release --project tools/Puna --"
"""


class ParityError(Exception):
    """A sentence for the user."""


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(
        prog="parity.py", description=__doc__, epilog=EXIT_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", metavar="MODEL", help="folder with config.json and safetensors")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--text", help="text to tokenize with the model's own tokenizer, as transformers does")
    source.add_argument("--ids", metavar="FILE", help="JSON array of token ids")
    parser.add_argument("--puna", metavar="COMMAND", default="puna", help="how to run puna (default: %(default)s)")
    parser.add_argument("--tolerance", type=float, default=5e-4, metavar="D",
                        help="largest absolute difference of a logit that passes (default: %(default)s)")
    options = parser.parse_args(arguments)
    if not options.tolerance >= 0:
        parser.error(f"--tolerance is {options.tolerance}, but it must be 0 or more")
    if not os.path.isfile(os.path.join(options.model, "config.json")):
        parser.error(f"{options.model} has no config.json, so it is not a model folder")
    return options


def read_ids(path):
    try:
        with open(path, encoding="utf-8") as file:
            ids = json.load(file)
    except (OSError, ValueError) as error:
        raise ParityError(f"{path}: {error}") from error
    if not isinstance(ids, list) or not ids or any(type(i) is not int or i < 0 for i in ids):
        raise ParityError(f"{path}: it should hold a JSON array of token ids, at least one")
    return ids


def read_logits(path):
    """The tensor 'logits', F32 [tokens, vocabulary], as (tokens, vocabulary, bytes)."""
    try:
        with open(path, "rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            entry = json.loads(file.read(length))["logits"]
            (tokens, vocabulary), (begin, end) = entry["shape"], entry["data_offsets"]
            file.seek(8 + length + begin)
            data = file.read(end - begin)
    except (OSError, KeyError, ValueError, struct.error) as error:
        raise ParityError(f"{path}: no safetensors file with logits [tokens, vocabulary] ({error!r})") from error
    if entry["dtype"] != "F32" or len(data) != 4 * tokens * vocabulary:
        raise ParityError(f"{path}: logits are {entry['dtype']} [{tokens}, {vocabulary}] in {len(data)} bytes, "
                          f"but should be F32 in {4 * tokens * vocabulary}")
    return tokens, vocabulary, data


def run_puna(command, model, ids):
    with tempfile.TemporaryDirectory() as folder:
        ids_path, output = os.path.join(folder, "ids.json"), os.path.join(folder, "logits.safetensors")
        with open(ids_path, "w", encoding="utf-8") as file:
            json.dump(ids, file)
        call = [*shlex.split(command), "logits", model, "--ids", ids_path, "--output", output,
                "--activations", "f32", "--kv-dtype", "f32"]   # the mode that rounds nothing
        try:
            done = subprocess.run(call, check=False, stdin=subprocess.DEVNULL)
        except OSError as error:
            raise ParityError(f"{call[0]}: {error.strerror}; say with --puna how to run puna") from error
        if done.returncode != 0:
            raise ParityError(f"'{shlex.join(call)}' ended with exit code {done.returncode}")
        return read_logits(output)


def reference_logits(torch, transformers, model, ids):
    """transformers' logits, F32 [tokens, vocabulary]."""
    dtype = "dtype" if int(transformers.__version__.split(".")[0]) >= 5 else "torch_dtype"
    decoder = transformers.AutoModelForCausalLM.from_pretrained(
        model, **{dtype: torch.float32}, attn_implementation="eager", local_files_only=True)
    decoder.eval()
    with torch.no_grad():
        return decoder(torch.tensor([ids]), use_cache=False).logits[0].float()


def compare(torch, expected, actual):
    """Per position: largest and mean absolute difference, 1 where the best token is the same, KL divergence."""
    difference = (expected - actual).abs()
    reference = torch.log_softmax(expected.double(), -1)
    ours = torch.log_softmax(actual.double(), -1)
    divergence = (reference.exp() * (reference - ours)).sum(-1)
    same = expected.argmax(-1) == actual.argmax(-1)
    return list(zip(difference.amax(-1).tolist(), difference.mean(-1).tolist(), same.tolist(), divergence.tolist()))


def report(ids, rows, tolerance):
    """Prints the table and the summary; whether all is within the tolerance."""
    print(f"{'position':>8} {'id':>8} {'max diff':>10} {'mean diff':>10} {'top-1':>6} {'KL':>10}")
    for position, (token, (largest, mean, same, divergence)) in enumerate(zip(ids, rows)):
        top = "same" if same else "OTHER"
        print(f"{position:>8} {token:>8} {largest:>10.3g} {mean:>10.3g} {top:>6} {divergence:>10.3g}")
    worst = math.nan if any(math.isnan(row[0]) for row in rows) else max(row[0] for row in rows)
    passed = worst <= tolerance
    mean, same, divergence = (sum(row[column] for row in rows) for column in (1, 2, 3))
    print(f"{len(rows)} positions: largest difference {worst:.3g}, mean {mean / len(rows):.3g}, "
          f"same top-1 {same} of {len(rows)}, mean KL {divergence / len(rows):.3g}; "
          f"{'within' if passed else 'BEYOND'} the tolerance {tolerance:g}")
    return passed


def main(arguments):
    options = parse_arguments(arguments)
    try:
        import torch
        import transformers
    except ImportError as error:
        print(f"parity.py: it needs Python's torch and transformers, but {error.name} is absent; "
              "install both (pip install torch transformers) and try again.", file=sys.stderr)
        return 2
    try:
        if options.ids is not None:
            ids = read_ids(options.ids)
        else:
            tokenizer = transformers.AutoTokenizer.from_pretrained(options.model, local_files_only=True)
            ids = tokenizer(options.text)["input_ids"]
        tokens, vocabulary, data = run_puna(options.puna, options.model, ids)
        expected = reference_logits(torch, transformers, options.model, ids)
        if list(expected.shape) != [tokens, vocabulary]:
            raise ParityError(f"puna gives logits [{tokens}, {vocabulary}], but transformers {list(expected.shape)}")
        actual = torch.frombuffer(bytearray(data), dtype=torch.float32).reshape(tokens, vocabulary)
        return 0 if report(ids, compare(torch, expected, actual), options.tolerance) else 1
    except ParityError as error:
        print(f"parity.py: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
