"""A language model of random weights, small enough to be made on the spot: llama architecture, 64 wide, 2 layers, bytes as tokens, 0.5 MB of GGUF."""

import random
import struct

ALIGNMENT = 32
WIDTH, LAYERS, HEADS, INNER, CONTEXT = 64, 2, 4, 128, 1024
TYPES = {"u32": (4, "<I"), "i32": (5, "<i"), "f32": (6, "<f"), "str": (8, None)}
ARRAY = 9
TEMPLATE = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant:"


def text(value):
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def value_of(kind, value):
    return text(value) if kind == "str" else struct.pack(TYPES[kind][1], value)


def entry(key, kind, value):
    return text(key) + struct.pack("<I", TYPES[kind][0]) + value_of(kind, value)


def entries(key, kind, values):
    head = text(key) + struct.pack("<IIQ", ARRAY, TYPES[kind][0], len(values))
    return head + b"".join(value_of(kind, value) for value in values)


def vocabulary():
    """Three marks, every byte, and the letters with the mark of a space: names, scores, kinds (2 unknown, 3 control, 6 byte, 1 normal)."""
    words = ["\u2581"] + [chr(c) for c in range(ord("a"), ord("z") + 1)]
    names = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)] + words
    scores = [0.0] * 259 + [-float(259 + i + 1) for i in range(len(words))]
    return names, scores, [2, 3, 3] + [6] * 256 + [1] * len(words)


def metadata(names, scores, kinds):
    numbers = {"context_length": CONTEXT, "embedding_length": WIDTH, "block_count": LAYERS, "feed_forward_length": INNER,
               "attention.head_count": HEADS, "attention.head_count_kv": HEADS, "rope.dimension_count": WIDTH // HEADS, "vocab_size": len(names)}
    out = [entry("general.architecture", "str", "llama"), entry("general.name", "str", "tiny-random"), entry("general.alignment", "u32", ALIGNMENT)]
    out += [entry(f"llama.{key}", "u32", value) for key, value in numbers.items()]
    out += [entry("llama.attention.layer_norm_rms_epsilon", "f32", 1e-5), entry("tokenizer.ggml.model", "str", "llama"),
            entries("tokenizer.ggml.tokens", "str", names), entries("tokenizer.ggml.scores", "f32", scores),
            entries("tokenizer.ggml.token_type", "i32", kinds), entry("tokenizer.chat_template", "str", TEMPLATE)]
    out += [entry(f"tokenizer.ggml.{which}_token_id", "u32", number) for which, number in (("unknown", 0), ("bos", 1), ("eos", 2))]
    return out


def tensors(words):
    """(name, shape, whether random); else ones."""
    yield "token_embd.weight", [WIDTH, words], True
    for layer in range(LAYERS):
        yield f"blk.{layer}.attn_norm.weight", [WIDTH], False
        for part in ("q", "k", "v", "output"):
            yield f"blk.{layer}.attn_{part}.weight", [WIDTH, WIDTH], True
        yield f"blk.{layer}.ffn_norm.weight", [WIDTH], False
        yield f"blk.{layer}.ffn_gate.weight", [WIDTH, INNER], True
        yield f"blk.{layer}.ffn_up.weight", [WIDTH, INNER], True
        yield f"blk.{layer}.ffn_down.weight", [INNER, WIDTH], True
    yield "output_norm.weight", [WIDTH], False
    yield "output.weight", [WIDTH, words], True


def write_model(path, seed=1):
    """GGUF version 3, all weights 32-bit floats (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md)."""
    rng = random.Random(seed)
    names, scores, kinds = vocabulary()
    about = metadata(names, scores, kinds)
    infos, data = [], bytearray()
    for name, shape, is_random in tensors(len(names)):
        count = 1
        for size in shape:
            count *= size
        infos.append(text(name) + struct.pack("<I", len(shape)) + b"".join(struct.pack("<Q", size) for size in shape) + struct.pack("<IQ", 0, len(data)))
        data += struct.pack(f"<{count}f", *((rng.gauss(0, 0.05) if is_random else 1.0) for _ in range(count)))
        data += bytes(-len(data) % ALIGNMENT)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(infos), len(about)) + b"".join(about) + b"".join(infos)
    with open(path, "wb") as file:
        file.write(head + bytes(-len(head) % ALIGNMENT) + data)
