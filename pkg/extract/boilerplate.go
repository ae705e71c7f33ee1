package extract

import (
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
	id   string
	line *regexp.Regexp
}{
	{"signup", rule(`(?:please |just |simply )?(?:sign|log) ?(?:up|in)(?: (?:here|now|today|free))?(?: (?:to|for|with) .*\b(?:newsletters?|digest|inbox|updates?|alerts?|briefing|for free|free e-?mails?|daily e-?mails?)\b.*)?`)},
	{"signup", rule(`(?:stay|keep) (?:informed|up to date|updated|ahead|in the know|connected)(?: (?:with|by|on|about)\b.*\b(?:newsletters?|updates?|alerts?|us|free|inbox|app)\b.*)?`)},
	{"signup", rule(`(?:already a|become a|not a) (?:subscriber|member)\b.{0,80}`)},
	{"newsletter", rule(`(?:please )?subscribe(?: (?:to|now|here|today|for)\b.*)?`)},
	{"newsletter", rule(`get (?:the|our|all|more|unlimited)\b.*\b(?:newsletters?|inbox|daily e-?mail|app|alerts|morning briefing)\b.*`)},
	{"newsletter", rule(`.*\b(?:delivered|sent) (?:straight|directly|right|daily|weekly)?\s?(?:in)?to your inbox\b.*`)},
	{"related", rule(`(?:related(?: (?:articles?|stories|content|posts?|news|coverage|topics?))?|(?:see|read) also|also read|read more|read next|see more|more on this(?: (?:story|topic))?|recommended(?: for you)?|most (?:read|popular|viewed)|trending(?: now)?|you (?:may|might) also like)(?:\s?[:|»–—-].*)?`)},
	{"related", rule(`(?:leggi anche|lesen sie auch|mehr zum thema|auch interessant|das könnte sie auch interessieren|(?:à )?lire aussi|le[ae] también|te puede interesar|leia (?:também|mais)|lees (?:ook|meer)|les også|läs (?:också|mer)|czytaj (?:więcej|także|też|również)|zobacz (?:też|także)|baca juga)(?:\s?[:|»–—-].*)?`)},
	{"promo", rule(`(?:please )?(?:click|tap) here\b.*`)},
	{"promo", rule(`(?:follow|like|find|join) us on\b.*`)},
	{"promo", rule(`(?:follow|like|find|join) .{1,80} on (?:facebook|twitter|instagram|youtube|tiktok|linkedin|telegram|whatsapp|bluesky|mastodon|google news)\b.{0,80}`)},
	{"promo", rule(`(?:if you )?(?:enjoy(?:ed)?|liked?) (?:reading )?(?:this|our) (?:article|story|post|content|reporting|journalism)\b.*\b(?:join|subscribe|share|support|donate|sign up|newsletter)\b.*`)},
	{"promo", rule(`download (?:the|our) (?:\w+ ){0,3}app\b.*`)},
	{"promo", rule(`(?:advertisement|advertising|sponsored(?: content)?|promoted|(?:story|article) continues (?:below|after)\b.*|continue reading(?: below)?|scroll (?:down )?to continue.*|skip advertisement)`)},
	{"promo", rule(`(?:share(?: (?:this|on)\b[^?]{0,60})?|print(?: this)?|comments?|e-?mail this)`)},
	{"copyright", rule(`(?:copyright|©|\(c\))\s*(?:©|\(c\))?\s*(?:19|20)\d\d\b.*`)},
	{"copyright", rule(`(?:(?:copyright|©).*|.{0,160})\ball rights reserved\b.{0,160}`)},
	{"copyright", rule(`.{0,100}©\s?(?:19|20)\d\d\b.{0,100}`)},
	{"copyright", rule(`this material may not be (?:published|reproduced)\b.*`)},
}

// rule compiles a pattern that must cover a line but for the marks around it.
func rule(pattern string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)^[\s>*•»|-]*(?:` + pattern + `)[\s.!:»>|…-]*$`)
}

// openers are the words a rule's line may begin with; but for the two phrases in
// mayBeBoilerplate, no other line can match.
var openers = set("please", "just", "simply", "sign", "log", "login", "signup", "stay", "keep", "already", "become", "not",
	"subscribe", "get", "related", "see", "read", "also", "recommended", "most", "trending", "you", "more", "click", "tap",
	"follow", "like", "find", "join", "download", "advertisement", "advertising", "sponsored", "promoted", "story", "article",
	"continue", "scroll", "skip", "share", "print", "comment", "comments", "e", "email", "copyright", "c", "this", "if", "enjoyed", "enjoy", "liked",
	"leggi", "lesen", "mehr", "auch", "das", "à", "lire", "lea", "lee", "te", "leia", "lees", "les", "läs", "czytaj", "zobacz", "baca")

// mayBeBoilerplate rules a line out without a pattern: nearly all prose.
func mayBeBoilerplate(line string) bool {
	word, _ := nextWord(line)
	var buf [24]byte
	return len(word) <= len(buf) && openers[string(appendLower(buf[:0], word))] ||
		strings.Contains(line, "©") || containsFold(line, "inbox") || containsFold(line, "rights reserved")
}

// containsFold is strings.Contains for a lower-case ASCII phrase, case aside.
func containsFold(s, phrase string) bool {
	for i := 0; i+len(phrase) <= len(s); i++ {
		if s[i]|0x20 == phrase[0] && strings.EqualFold(s[i:i+len(phrase)], phrase) {
			return true
		}
	}
	return false
}

// boilerplateRule returns the id of the rule that would remove a line, or "".
func boilerplateRule(line string) string {
	if len(line) > 4*maxBoilerplate || !mayBeBoilerplate(line) || utf8.RuneCountInString(line) > maxBoilerplate {
		return ""
	}
	for _, b := range boilerplate {
		if b.line.MatchString(line) {
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
