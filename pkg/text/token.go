package text

// Token is one word, number or mark of a text.
type Token struct {
	// Start and End are byte offsets, RuneStart and RuneEnd code point offsets.
	Start, End         int32
	RuneStart, RuneEnd int32
	// Word is the index of the lower-cased form in Document.Words.
	Word int32
	// Kind says what the token is, Shape how it is written.
	Kind  Kind
	Shape Shape
	Flags Flags
	// Hash is the hash of the lower-cased form, as WordHash gives it. It never changes.
	Hash uint64
}

// Has reports whether the token has all the given flags.
func (t *Token) Has(f Flags) bool { return t.Flags&f == f }

// Kind is the closed set of token kinds.
type Kind uint8

// The kinds of token.
const (
	Word         Kind = iota // a word, hyphenated or not
	Abbreviation             // a word that keeps its stop: U.S., Gen., J.
	Clitic                   // 's, n't, 'll, ’em
	Number                   // 1,200.5, 19th, 5km, 3-0, 11:30, 1/2
	Ideograph                // one Han or Hiragana character
	Link                     // a URL, host or file name
	Email                    // an e-mail address
	Mention                  // @name
	Hashtag                  // #name
	Emoji                    // an emoji sequence or emoticon
	Stop                     // . ! ? … and runs of them, 。
	Comma                    // , ; : and their kin
	Open                     // ( [ { “ « and other opening marks
	Close                    // ) ] } ” » and other closing marks
	Quote                    // " ' ` ’: a mark that may open or close
	Dash                     // - – — and runs of them
	Currency                 // $, €, US$
	Symbol                   // any other character
)

var kindNames = [...]string{
	"word", "abbreviation", "clitic", "number", "ideograph", "link", "email", "mention", "hashtag",
	"emoji", "stop", "comma", "open", "close", "quote", "dash", "currency", "symbol",
}

// String returns the lower-case name of the kind.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// Lexical reports whether tokens of this kind carry meaning as words do.
func (k Kind) Lexical() bool { return k <= Hashtag }

// Shape is how the letters of a token are cased.
type Shape uint8

// The shapes.
const (
	NoCase  Shape = iota // no cased letters: 1987, —, 北
	Lower                // ministry, el-fasher
	Title                // Cairo, Anti-war
	Upper                // NATO, U.S.
	Capital              // one capital: A, J.
	Mixed                // iPhone, McKay, Al-Arish
)

var shapeNames = [...]string{"nocase", "lower", "title", "upper", "capital", "mixed"}

// String returns the lower-case name of the shape.
func (s Shape) String() string {
	if int(s) < len(shapeNames) {
		return shapeNames[s]
	}
	return "unknown"
}

// Flags tell more about a token.
type Flags uint16

// The flags.
const (
	SpaceBefore Flags = 1 << iota // a gap precedes it, or it opens the text
	LineBefore                    // a line break precedes it, or it opens the text
	BlankBefore                   // a blank line precedes it, or it opens the text
	Digits                        // it holds a digit
	Hyphenated                    // a word joined by a hyphen
	Foreign                       // it holds a character beyond ASCII
)
