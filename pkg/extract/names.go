package extract

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// headlines puts the places that give a headline into the order of trust. The first
// is right but for two cases: templates add the site's name to it, which shows when
// another place has it without, and search engines are told another headline than
// readers, which shows when all other places agree against it.
func headlines(linked, shared, heading, title choice) []choice {
	all := []choice{linked, shared, heading, title}
	for i, c := range all {
		for _, o := range all {
			if suffix, ok := strings.CutPrefix(clean(c.value), clean(o.value)); ok && o.value != "" && addedSite.MatchString(suffix) {
				all[i].value = o.value
			}
		}
	}
	if heading.value != "" && sameWords(heading.value, all[1].value) && sameWords(heading.value, all[3].value) {
		all[0], all[1] = all[1], all[0]
	}
	return all
}

// addedSite is what a template adds to a headline.
var addedSite = regexp.MustCompile(`^(?:\s+[-|–—·•»]|\s*[|：｜])\s*[^!?]{2,40}$`)

func sameWords(a, b string) bool {
	return slices.Equal(strings.FieldsFunc(strings.ToLower(a), notWord), strings.FieldsFunc(strings.ToLower(b), notWord))
}

var (
	bylinePrefix = regexp.MustCompile(`^(?i:by|von|par|por|di|door|af|av)[:\s]\s*`)
	inBrackets   = regexp.MustCompile(`\s*[(\[][^()\[\]]*[)\]]`)
	nameJoint    = regexp.MustCompile(`\s+(?:and|und|et|y|og|och|en|e|i|&)\s+|\s*[,;|/]\s*`)
)

// maxAuthor is the longest name, in bytes, that is a name.
const maxAuthor = 120

// authors cleans the names a page gives: prefixes, initials in brackets and what
// follows a name are taken off, joint bylines are cut apart, and what is no name (an
// address, a number) is left out.
func authors(values ...string) []string {
	var all []string
	for _, v := range values {
		v = bylinePrefix.ReplaceAllString(inBrackets.ReplaceAllString(clean(v), ""), "")
		// article:author and sloppy templates put profile addresses here.
		if strings.Contains(v, "://") || len(v) > maxAuthor {
			continue
		}
		for _, n := range splitNames(v) {
			same := func(o string) bool { return strings.EqualFold(o, n) }
			if strings.ContainsFunc(n, unicode.IsLetter) && !slices.ContainsFunc(all, same) {
				all = append(all, n)
			}
		}
	}
	return all
}

// splitNames cuts a joint byline: when its first part is a whole name, and none is so
// long that it is a title.
func splitNames(v string) []string {
	parts := nameJoint.Split(v, -1)
	if first := len(strings.Fields(parts[0])); first < 2 || first > 4 {
		return []string{v}
	}
	for _, p := range parts {
		if n := len(strings.Fields(p)); n == 0 || n > 4 {
			return []string{v}
		}
	}
	return parts
}
