package extract

import (
	"math/bits"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/copydesk/copydesk/pkg/article"
)

// maxBoilerplate is the longest line, in characters, that a rule may remove. Real
// promotion is short; on 4,757 paragraphs of news prose longer matches were prose.
const maxBoilerplate = 260

// boilerplate are the rules for lines that are about the publication instead of
// the news. Each wants a whole line and a cue besides its first words, because "Sign up
// fees rose" and "More on the list than off it" are news. The id goes into the record.
var boilerplate = []struct {
	id      string
	openers string // the words its lines may begin with
	cue     string // or what they have anywhere, in lower case
	line    *regexp.Regexp
}{
	{"signup", "please just simply sign signup log login", "", rule(`(?:please |just |simply )?(?:sign|log) ?(?:up|in)(?: (?:here|now|today|free))?(?: (?:to|for|with) .*\b(?:newsletters?|digest|inbox|updates?|alerts?|briefing|for free|free e-?mails?|daily e-?mails?)\b.*)?`)},
	{"signup", "stay keep", "", rule(`(?:stay|keep) (?:informed|up to date|updated|ahead|in the know|connected)(?: (?:with|by|on|about)\b.*\b(?:newsletters?|updates?|alerts?|us|free|inbox|app)\b.*)?`)},
	{"signup", "already become not", "", rule(`(?:already a|become a|not a) (?:subscriber|member)\b.{0,80}`)},
	{"newsletter", "please subscribe", "", rule(`(?:please )?subscribe(?: (?:to|now|here|today|for)\b.*)?`)},
	{"newsletter", "get", "", rule(`get (?:the|our|all|more|unlimited)\b.*\b(?:newsletters?|inbox|daily e-?mail|app|alerts|morning briefing)\b.*`)},
	{"newsletter", "", "inbox", rule(`.*\b(?:delivered|sent) (?:straight|directly|right|daily|weekly)?\s?(?:in)?to your inbox\b.*`)},
	{"related", "related see read also recommended most trending you more", "", rule(`(?:related(?: (?:articles?|stories|content|posts?|news|coverage|topics?))?|(?:see|read) also|also read|read more|read next|see more|more on this(?: (?:story|topic))?|recommended(?: for you)?|most (?:read|popular|viewed)|trending(?: now)?|you (?:may|might) also like)(?:\s?[:|»–—-].*)?`)},
	{"related", "leggi lesen mehr auch das à lire lea lee te leia lees les läs czytaj zobacz baca", "", rule(`(?:leggi anche|lesen sie auch|mehr zum thema|auch interessant|das könnte sie auch interessieren|(?:à )?lire aussi|le[ae] también|te puede interesar|leia (?:também|mais)|lees (?:ook|meer)|les også|läs (?:också|mer)|czytaj (?:więcej|także|też|również)|zobacz (?:też|także)|baca juga)(?:\s?[:|»–—-].*)?`)},
	{"promo", "please click tap", "", rule(`(?:please )?(?:click|tap) here\b.*`)},
	{"promo", "follow like find join", "", rule(`(?:follow|like|find|join) us on\b.*`)},
	{"promo", "follow like find join", "", rule(`(?:follow|like|find|join) .{1,80} on (?:facebook|twitter|instagram|youtube|tiktok|linkedin|telegram|whatsapp|bluesky|mastodon|google news)\b.{0,80}`)},
	{"promo", "if enjoy enjoyed like liked", "", rule(`(?:if you )?(?:enjoy(?:ed)?|liked?) (?:reading )?(?:this|our) (?:article|story|post|content|reporting|journalism)\b.*\b(?:join|subscribe|share|support|donate|sign up|newsletter)\b.*`)},
	{"promo", "download", "", rule(`download (?:the|our) (?:\w+ ){0,3}app\b.*`)},
	{"promo", "advertisement advertising sponsored promoted story article continue scroll skip", "", rule(`(?:advertisement|advertising|sponsored(?: content)?|promoted|(?:story|article) continues (?:below|after)\b.*|continue reading(?: below)?|scroll (?:down )?to continue.*|skip advertisement)`)},
	{"promo", "share print comment comments e email", "", rule(`(?:share(?: (?:this|on)\b[^?]{0,60})?|print(?: this)?|comments?|e-?mail this)`)},
	{"copyright", "copyright c", "©", rule(`(?:copyright|©|\(c\))\s*(?:©|\(c\))?\s*(?:19|20)\d\d\b.*`)},
	{"copyright", "", "rights reserved", rule(`(?:(?:copyright|©).*|.{0,160})\ball rights reserved\b.{0,160}`)},
	{"copyright", "", "©", rule(`.{0,100}©\s?(?:19|20)\d\d\b.{0,100}`)},
	{"copyright", "this", "", rule(`this material may not be (?:published|reproduced)\b.*`)},
}

// rule compiles a pattern that must cover a line but for the marks around it.
func rule(pattern string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)^[\s>*•»|-]*(?:` + pattern + `)[\s.!:»>|…-]*$`)
}

// rulesOf has for a first word the rules that it may open, as bits.
var rulesOf = map[string]uint32{}

func init() {
	for i, b := range boilerplate {
		for w := range strings.FieldsSeq(b.openers) {
			rulesOf[w] |= 1 << i
		}
	}
}

// rulesFor returns the rules that may match a line, as bits: none for nearly all
// prose.
func rulesFor(line string) uint32 {
	word, _ := nextWord(line)
	var buf [24]byte
	var rules uint32
	if len(word) <= len(buf) {
		rules = rulesOf[string(appendLower(buf[:0], word))]
	}
	for i, b := range boilerplate {
		if b.cue != "" && containsFold(line, b.cue) {
			rules |= 1 << i
		}
	}
	return rules
}

// containsFold is strings.Contains for a phrase in lower case, case aside.
func containsFold(s, phrase string) bool {
	if phrase[0] >= utf8.RuneSelf {
		return strings.Contains(s, phrase)
	}
	for i := 0; i+len(phrase) <= len(s); i++ {
		if s[i]|0x20 == phrase[0]|0x20 && strings.EqualFold(s[i:i+len(phrase)], phrase) {
			return true
		}
	}
	return false
}

// boilerplateRule returns the id of the rule that would remove a line, or "".
func boilerplateRule(line string) string {
	if len(line) > 4*maxBoilerplate {
		return ""
	}
	rules := rulesFor(line)
	if rules == 0 || utf8.RuneCountInString(line) > maxBoilerplate {
		return ""
	}
	for rest := rules; rest != 0; rest &= rest - 1 {
		if b := &boilerplate[bits.TrailingZeros32(rest)]; b.line.MatchString(line) {
			return b.id
		}
	}
	return ""
}

// dropBoilerplate takes the lines out that a rule matches. A text of which more
// than half would go is of another kind than the rules were written for, and stays
// as it is.
func dropBoilerplate(ps []paragraph) ([]paragraph, []article.Removed) {
	var kept []paragraph
	var removed []article.Removed
	total, gone := 0, 0
	for _, p := range ps {
		total += len(p.text)
		if id := boilerplateRule(p.text); id != "" {
			gone += len(p.text)
			removed = append(removed, article.Removed{Text: p.text, Rule: id})
			continue
		}
		kept = append(kept, p)
	}
	if gone*2 > total {
		return ps, nil
	}
	return kept, removed
}
