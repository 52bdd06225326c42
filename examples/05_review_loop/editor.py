"""An editor that needs no model: sentences are worth as much as their words are frequent in the text. Reads the task as JSON, answers with JSON."""

import json
import re
import sys

LITTLE = set("a an and are as at be but by for from has have in is it its of on or that the their they this to was were which while who with".split())


def words_of(text):
    return re.findall(r"[\w'-]+", text.lower())


def paragraphs(file):
    try:
        with open(file, encoding="utf-8") as text:
            found = [" ".join(part.split()) for part in text.read().split("\n\n") if part.strip()]
    except OSError as problem:
        sys.exit(f"{file}: {problem.strerror}")
    return found or sys.exit(f"{file}: there is no text in it")


def weigh(paragraph, number):
    """The sentences of one paragraph; the first one of a paragraph says what it is about and weighs double."""
    sentences = [s for s in re.split(r"(?<=[.!?])\s+", paragraph) if s]
    return [{"text": s, "place": [number, i], "bonus": 2 if i == 0 else 1} for i, s in enumerate(sentences)]


def draft(sentences, drop):
    """Takes out the `drop` least telling sentences."""
    frequency = {}
    for sentence in sentences:
        for word in set(words_of(sentence["text"])) - LITTLE:
            frequency[word] = frequency.get(word, 0) + 1

    def worth(sentence):
        telling = [w for w in words_of(sentence["text"]) if w not in LITTLE]
        return sentence["bonus"] * sum(frequency[w] for w in telling) / (len(telling) + 1)

    keep = sorted(sentences, key=worth, reverse=True)[: max(1, len(sentences) - drop)]
    keep.sort(key=lambda s: s["place"])
    text = " ".join(s["text"] for s in keep)
    return {"sentences": keep, "text": text, "words": len(words_of(text))}


def main():
    task = json.load(sys.stdin)
    action = {"paragraphs": paragraphs, "weigh": weigh, "draft": draft}[task["action"]]
    json.dump(action(**task["parameters"]), sys.stdout, ensure_ascii=False)


if __name__ == "__main__":
    main()
