package text

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sentencesOf lists the sentences of a text as written.
func sentencesOf(s string) []string {
	var out []string
	d := Scan(s)
	for _, x := range d.Sentences {
		out = append(out, d.Text[x.Start:x.End])
	}
	return out
}

func TestScan_tokens(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"a contraction parts before its clitic", "He didn't say they'll or we've or I'm or she'd.", "He did|n't say they|'ll or we|'ve or I|'m or she|'d|."},
		{"cannot and gonna stay whole", "You cannot, we're gonna", "You cannot|, we|'re gonna"},
		{"can't and won't part before n't", "CAN'T won’t", "CA|N'T wo|n’t"},
		{"a possessive stands alone", "Egypt's and Halden’s and the U.N.'s and \"Skerry\"'s", `Egypt|'s and Halden|’s and the U.N.|'s and "|Skerry|"|'s`},
		{"a plural possessive leaves its mark", "the workers' pay", "the workers|' pay"},
		{"an apostrophe inside a name joins", "O'Neill of Sana'a and d'Ivoire", "O'Neill of Sana'a and d'Ivoire"},
		{"decades keep their s", "the 80's and '90s and 1930’s, 2031's best", "the 80's and '90s and 1930’s|, 2031|'s best"},
		{"an elision is one token", "tell 'em 'twas so", "tell 'em 'twas so"},
		{"a hyphenated word stays whole", "a cease-fire in the U.S.-Saudi plan, pre-1990 India-U.S. ties", "a cease-fire in the U.S.-Saudi plan|, pre-1990 India-U.S. ties"},
		{"a hanging hyphen is cut off", "pre- and post-war", "pre|- and post-war"},
		{"abbreviations keep their stop", "Gen. Musa, Acme Inc. and the U.N. at 7 a.m. on Oct. 7", "Gen. Musa|, Acme Inc. and the U.N. at 7 a.m. on Oct. 7"},
		{"words that look like abbreviations do not", "He said no. The sun. A wed.", "He said no|. The sun|. A wed|."},
		{"No. is one before a number", "No. 5 of vol. 2, p. 14", "No. 5 of vol. 2|, p. 14"},
		{"a state is one after a comma", "in Boston, Mass. today, not Mass. It is", "in Boston|, Mass. today|, not Mass|. It is"},
		{"initials keep their stop", "J. K. Bello and George W. Bush", "J. K. Bello and George W. Bush"},
		{"a letter as a label does not", "in Group A. Then World War I. After", "in Group A|. Then World War I|. After"},
		{"an abbreviation parts from a glued name", "Mr.Smith and J.Doe", "Mr.|Smith and J.|Doe"},
		{"degrees stay whole", "a Ph.D. and an M.Sc. degree", "a Ph.D. and an M.Sc. degree"},
		{"only an abbreviation's stop stands before a comma", "Smith, Bros., and Corrig., too", "Smith|, Bros.|, and Corrig.|, too"},
		{"an abbreviation keeps its stop beside the sentence's", "He met the U.S.. Then", "He met the U.S.|. Then"},
		{"numbers keep separators, dates and times", "1,200.5 at 11:30 on 08/16/2031, 3-0, 1/2 and 24/7", "1,200.5 at 11:30 on 08/16/2031|, 3-0|, 1/2 and 24/7"},
		{"numbers keep their letters", "the 19th, 5km, 7pm, H5N1 and 14-year-old", "the 19th|, 5km|, 7pm|, H5N1 and 14-year-old"},
		{"signs and points may open a number", "+18 and -5 or .5", "+18 and -5 or .5"},
		{"a number may end a sentence", "in 2031. Then", "in 2031|. Then"},
		{"currencies and per cent stand alone", "$4.2bn, US$5, £3m, €1,5 and 12%", "$|4.2bn|, US$|5|, £|3m|, €|1,5 and 12|%"},
		{"an ampersand joins initials", "AT&T and R&D but Bread & Butter", "AT&T and R&D but Bread & Butter"},
		{"a slash parts words", "and/or, b/c, s/he", "and|/|or|, b/c|, s/he"},
		{"runs of stops are one token", "What?! No... yes…", "What|?! No|... yes|…"},
		{"runs of dashes are one token", "so -- yes --- no—well", "so -- yes --- no|—|well"},
		{"a URL ends before the sentence's marks", "(see https://example.org/a_(b)?q=1, or www.example.org).", "(|see https://example.org/a_(b)?q=1|, or www.example.org|)|."},
		{"a host and an e-mail address are one token", "write to a.b@halden.example.org or see nna.com/news.", "write to a.b@halden.example.org or see nna.com/news|."},
		{"a missing space is no host", "was paid.The minister left.Today", "was paid|.|The minister left|.|Today"},
		{"mentions and hashtags are one token", "@nna said #Halden", "@nna said #Halden"},
		{"emoticons are one token", "good :-) bad :(", "good :-) bad :("},
		{"brackets and quotes stand alone", "(“So ‘what’?”)", "(|“|So ‘|what|’|?|”|)"},
		{"broken bytes are tokens too", "a\xffb", "a|\xff|b"},
		{"soft hyphens and joiners stay inside a word", "inter\u00adnational \u200bword", "inter\u00adnational word"},
		{"ideographs stand alone, Katakana runs", "市長はカタカナ。", "市|長|は|カタカナ|。"},
		{"an emoji sequence is one token", "👩‍👩‍👧 🇳🇴👍🏽", "👩‍👩‍👧 🇳🇴|👍🏽"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := Scan(c.in)
			check(t, d)
			var b strings.Builder // a bar where no space parts two tokens
			for i := range d.Tokens {
				switch {
				case i == 0:
				case d.Tokens[i].Start > d.Tokens[i-1].End:
					b.WriteByte(' ')
				default:
					b.WriteByte('|')
				}
				b.WriteString(d.Form(i))
			}
			if diff := cmp.Diff(c.want, b.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestScan_sentences(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in string }{ // ¦ marks the ends
		{"a stop ends a sentence", "He left. ¦She stayed. ¦Why? ¦No! ¦So."},
		{"a title, an initial and a country go on", "Gen. Musa met Dr. J. K. Bello of the U.S. Navy."},
		{"a date goes on", "It was on Oct. 7 and Mon. 9 a.m. that it began."},
		{"an abbreviation may end a sentence", "He works at Acme Inc. ¦The firm is in the U.S. ¦It left at 5 p.m. ¦Then it was dark."},
		{"a company's suffix ends one unless a job follows", "He sold Acme Corp. ¦Nekoda bought it. ¦Acme Corp. Chairman Bo Li agreed."},
		{"U.S. goes on before a name", "The U.S. Third Fleet met U.S. News reporters."},
		{"a time zone goes on", "At 1:30 p.m. Halden time and 5 a.m. GMT it rained."},
		{"an adjective abbreviation never ends one", "Halden vs. Skerry, e.g. Bo, i.e. Li, cf. Ann."},
		{"a quotation closes before the end", "“Leave now.” ¦He left. ¦\"Why?\" ¦\"No.\""},
		{"a question in a quotation goes on to its speaker", "\"Why now?\" Gen. Musa asked. ¦“What?” he said."},
		{"a nested quotation closes twice", "“He said ‘no.’” ¦She agreed."},
		{"a sentence in brackets stands alone", "He left. ¦(She stayed.) ¦So it goes."},
		{"an ellipsis before a capital ends one", "Well... ¦Then he left… and came back."},
		{"a spaced ellipsis is one mark", "He waited . . . ¦Then he left."},
		{"a decimal and a version do not", "It rose 2.5 to 3.1.2 points."},
		{"a list number goes on", "1. Buy a boat. ¦2. Sail it."},
		{"a missing space does not hide an end", "The men were paid.¦The minister left."},
		{"a corrupt stop in a ministry's name is mended", "So said the American state. Department. ¦The foreign. Ministry agreed."},
		{"a county goes on", "He is from Cookstown, Co. Tyrone, they say."},
		{"a label letter ends one", "It was World War I. ¦Following that, Group A. ¦Then B."},
		{"lower case goes on in a quotation, not in a post", "it works fine. ¦just try it! ¦really? ¦yes."},
		{"a name with a mark goes on", "He left Yahoo! Mail for Yahoo! News."},
		{"an attribution belongs to its quotation", "\"It's a long game.\" - Ada Obi"},
		{"a footnote number belongs to the sentence before", "He was born in 1805. [19] ¦His town grew."},
		{"a dateline goes on", "PORT HALDEN, Oct. 7 (NNA) — The mayor left."},
		{"a blank line ends a heading", "Port prices rise\n\n¦By Ada Obi\n\n¦The rate rose."},
		{"a line break ends one in unwrapped copy", "Port prices rise\n¦The rate rose. ¦It fell."},
		{"other stops end one too", "市長は辞任した。¦後任は誰か？¦من سيخلفها؟ ¦لا أحد."},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var want []string
			for s := range strings.SplitSeq(c.in, "¦") {
				want = append(want, strings.TrimSpace(s))
			}
			if diff := cmp.Diff(want, sentencesOf(strings.ReplaceAll(c.in, "¦", ""))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestScan_paragraphs(t *testing.T) {
	t.Parallel()
	wrapped := "Accounts\n\nThe harbour board said on Monday that it would publish the full\naccounts of the port by the end of the year, after auditors found\nthat the money was gone.\n\n - One crane\n - Two\n"
	d := Scan(wrapped)
	var got []string
	for _, p := range d.Paragraphs {
		got = append(got, fmt.Sprint(p.Layout, " ", strings.ReplaceAll(d.Text[p.Start:p.End], "\n", "/")))
	}
	want := []string{
		"heading Accounts",
		"prose The harbour board said on Monday that it would publish the full/accounts of the port by the end of the year, after auditors found/that the money was gone.",
		"item - One crane",
		"item - Two",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestScan_kindAndShape(t *testing.T) {
	t.Parallel()
	d := Scan("Gen. Musa's iPhone cost $5 at a.m. NATO: yes! http://a.com a@b.co @x #y 市 A :-) “ - é")
	var got []string
	for i, tok := range d.Tokens {
		got = append(got, fmt.Sprint(d.Form(i), " ", tok.Kind, " ", tok.Shape))
	}
	want := []string{
		"Gen. abbreviation title", "Musa word title", "'s clitic lower", "iPhone word mixed", "cost word lower", "$ currency nocase",
		"5 number nocase", "at word lower", "a.m. abbreviation lower", "NATO word upper", ": comma nocase", "yes word lower", "! stop nocase",
		"http://a.com link lower", "a@b.co email lower", "@x mention lower", "#y hashtag lower", "市 ideograph nocase", "A word capital",
		":-) emoji nocase", "“ open nocase", "- dash nocase", "é word lower",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestScan_words(t *testing.T) {
	t.Parallel()
	d := Scan("The port's “Port” can’t; the port can't.")
	ids := map[string]int32{}
	for i, tok := range d.Tokens {
		key := strings.ToLower(strings.ReplaceAll(d.Form(i), "’", "'"))
		if id, ok := ids[key]; ok && id != tok.Word {
			t.Errorf("%q has the words %d and %d", key, id, tok.Word)
		}
		ids[key] = tok.Word
	}
	if len(ids) != len(d.Words) {
		t.Errorf("%d words for %d forms", len(d.Words), len(ids))
	}
	if w := d.Words[ids["port"]]; w.Count != 3 || d.Form(int(w.First)) != "port" {
		t.Errorf("port is %+v", w)
	}
}

// The hashes are public: signatures are computed from them and stored. The values
// were computed by a second implementation, written in Python from the comment.
func TestWordHash_neverChanges(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]uint64{
		"":                  0xbe8cab644efdda51,
		"A":                 0x3362bc02d207515,
		"eight CH":          0x9dd246952d395d5b,
		"Bürgermeisterwahl": 0x96b2fb13fe22feee,
		"Don’t":             WordHash("don't"),
		"MÜNCHEN":           WordHash("münchen"),
	} {
		if got := WordHash(in); got != want {
			t.Errorf("WordHash(%q) = %#x, want %#x", in, got, want)
		}
	}
}

func TestDateline(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"CAIRO (AP) — The mayor left.":                       "CAIRO (AP) —",
		"PORT HALDEN, Norland, Oct. 7 (Reuters) - U.S. men.": "PORT HALDEN, Norland, Oct. 7 (Reuters) -",
		"SKERRY (NNA)—Boats sank.":                           "SKERRY (NNA)—",
		"NATO said no.":                                      "",
		"The mayor - a farmer - left.":                       "",
		"NATO officials who came - all of them - left.":      "",
	} {
		d := Scan(in)
		got := ""
		if n := d.Dateline(0); n > 0 {
			got = d.Text[:d.Tokens[n-1].End]
		}
		if got != want {
			t.Errorf("dateline of %q is %q, want %q", in, got, want)
		}
	}
}

// A text made to be slow must not be: twice the text may take twice the time, not
// four times. The inputs are unspaced runs which look for their own end.
func TestScan_longRuns(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"a.", "A.", "ab.Cd", "a.b@", "a-", "a'", "a&b", "a/b.", "1a.", "...", "\"(", ". (", "- ", "http://a(", ".\"", "x\u200d", "&a", "Mr.", ":-"} {
		s := strings.Repeat(unit, 1<<19/len(unit))
		check(t, Scan(s))
	}
}
