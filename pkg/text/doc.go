// Package text cuts an article into tokens, sentences and paragraphs. Every
// stage that reads words shares it, so that all of them mean the same ones.
//
// Scan reads a text once and fills a Document:
//
//	doc := text.Scan("Mr. Okoro left. He didn't say why.")
//	for _, s := range doc.Sentences {
//		fmt.Println(doc.Text[s.Start:s.End])
//	}
//
// A Document can be used again: its Scan method keeps the buffers and allocates
// nothing once they are large enough. Scan is a pure function of the text, never
// fails and never panics, whatever the bytes.
//
// # Offsets
//
// Every span has byte offsets, which cut the text exactly, and code point
// offsets, which are what the public record holds. Both are half-open. A byte
// that is not valid UTF-8 counts as one code point, as in a range loop. Tokens
// never overlap; what lies between them is white space, control characters and
// invisible marks such as a byte order mark, so tokens and gaps together are
// the text. One text may have at most MaxBytes bytes; the rest is not read.
//
// # Words
//
// A word is known by the lower-cased form of its token, with ’ read as '. Two
// numbers stand for it. Token.Hash is a 64-bit hash of that form: it never
// changes between runs, machines or versions, and its bits are well mixed. Token.Word is an index into
// Document.Words, dense and in order of first appearance: it holds within one
// document only. Equal hashes are taken for equal words. FormHash and Shape
// complete the picture for a tagger that minds case.
//
// # Tokens
//
// Tokens follow the CoNLL-2003 and English UD treebanks: clitics stand alone
// (did|n't, Egypt|'s, they|'ll), abbreviations and initials keep their stop
// (U.S., Gen., a.m., J.), hyphenated words stay whole (cease-fire, U.S.-Saudi),
// a slash parts words but not dates, a currency sign or per cent stands alone
// before or after its number, a number keeps its letters (19th, 5km, 7pm), runs
// of stops are one token (..., ?!), and a URL, host, e-mail address, @mention,
// #hashtag, emoticon or emoji sequence is one token. "cannot" and "gonna" stay
// whole. Where treebanks differ, the package takes the older CoNLL side for
// hyphens and the UD side for everything else.
//
// # Sentences and paragraphs
//
// A blank line ends a paragraph. A single line break does too, unless the text
// is hard-wrapped. A paragraph that ends without a stop is still a sentence, so
// headings and list items stand alone. No sentence crosses a paragraph. Inside
// one, a stop ends a sentence unless the words around it say otherwise: an
// abbreviation, an initial, a lower-case continuation, a number in a list, a
// bracket or quotation that goes on. For an ambiguous abbreviation ("Corp.
// Sales") the whole document is the witness: whether it has the next word in
// lower case elsewhere. Corrupt copy such as "the American state. Department"
// is mended when the two words make a known name.
//
// # Other scripts
//
// The rules are written for English. Other languages get the default behaviour
// of Unicode text segmentation (UAX #29), with these levels:
//
//   - Alphabetic scripts with spaces (Latin, Cyrillic, Greek, Arabic, Hebrew,
//     Devanagari …): words by letters and marks, sentences by . ! ? … and the
//     script's own stops (؟ ۔ । ։ ።). No abbreviations but the English ones.
//   - Right-to-left text: offsets follow the stored order; direction marks are
//     gaps.
//   - Han and Hiragana: one token a character; Katakana and Hangul: one token a
//     run. Sentences by 。！？.
//   - Thai, Lao, Khmer, Burmese: one token from space to space. No sentence
//     breaks but their explicit stops and line breaks.
package text

// Version names the output of this package. It changes whenever any text may
// give other tokens, sentences or hashes, because signatures and weights of
// later stages are tied to them.
const Version = "text/1"
