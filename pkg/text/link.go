package text

import (
	"strings"
	"unicode/utf8"
)

// linkEnd returns the end of the URL, host or file name that begins with a
// letter at i, or i if there is none.
func linkEnd(s string, i int) int {
	j := i
	for j < len(s) && sorts[s[j]]&wordly != 0 {
		j++
	}
	if j == i || j >= len(s) {
		return i
	}
	switch s[j] {
	case ':':
		if strings.HasPrefix(s[j:], "://") && !gapAt(s, j+3) || j-i == 6 && strings.EqualFold(s[i:j], "mailto") && !gapAt(s, j+1) {
			return urlEnd(s, j)
		}
	case '.', '-':
		end := host(s, i)
		if end == i {
			return i
		}
		if c := byteAt(s, end); c == '/' || c == '?' && wordlyAt(s, end+1) || c == ':' && isDigit(s, end+1) {
			return urlEnd(s, end)
		}
		return end
	}
	return i
}

// longestAddress bounds the search for a host or e-mail address, which is made
// again at each word of an unspaced run. The standards allow 253 and 254 bytes.
const longestAddress = 256

// urlEnd returns the end of the URL whose inside is at i: the next gap or angle
// bracket, less the marks that belong to the sentence.
func urlEnd(s string, i int) int {
	start, depth := i, 0
loop:
	for i < len(s) {
		switch c := s[i]; {
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRuneInString(s[i:])
			if sortOf(r)&wordly == 0 && !(r == '…' && gapAt(s, i+n)) {
				break loop
			}
			i += n
			continue
		case sorts[c]&gap != 0 || c == '<' || c == '>' || c == '"' || c == '`':
			break loop
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth < 0 {
				break loop
			}
		}
		i++
	}
	for i > start {
		switch s[i-1] {
		case '.':
			if i-3 > start && s[i-2] == '.' && s[i-3] == '.' { // a URL cut short by its sender
				return i
			}
		case ',', ';', ':', '!', '?', '\'', '[', ']', '*', '|':
		default:
			return i
		}
		i--
	}
	return i
}

// host returns the end of a host or file name at i, or i: labels joined by stops
// whose last one is a known ending, or which begin with www, or three and more in
// lower case. A label of one letter speaks for an abbreviation (e.g.).
func host(s string, i int) int {
	longer := len(s) > i+longestAddress
	s = s[:min(len(s), i+longestAddress)]
	www := len(s)-i > 4 && strings.EqualFold(s[i:i+4], "www.")
	plain := true // every label so far is in lower case and long enough
	good := i
	end := i
	for labels := 1; ; labels++ {
		start := end
		var seen sort
		for end < len(s) && (sorts[s[end]]&wordly != 0 || s[end] == '-' && wordlyAt(s, end+1)) {
			seen |= sorts[s[end]]
			end++
		}
		if end == start {
			break
		}
		plain = plain && seen&upper == 0 && end-start > 1
		if labels > 2 && (www || plain && seen&lowercase != 0) ||
			labels > 1 && sorts[s[start]]&upper == 0 && lexicon.class(WordHash(s[start:end]))&ending != 0 {
			good = end
		}
		if byteAt(s, end) != '.' || end+1 >= len(s) || s[end+1] >= utf8.RuneSelf || sorts[s[end+1]]&wordly == 0 {
			break
		}
		end++
	}
	if wordlyAt(s, good) || longer && end == len(s) {
		return i
	}
	return good
}

// fileName returns the end of a bare file ending such as .pdf at the stop i, or 0.
func fileName(s string, i int) int {
	end := i + 1
	for end < len(s) && sorts[s[end]]&lowercase != 0 {
		end++
	}
	if end-i < 3 || wordlyAt(s, end) || lexicon.class(WordHash(s[i+1:end]))&ending == 0 {
		return 0
	}
	return end
}

// emailEnd returns the end of the e-mail address that begins at i, or 0.
func emailEnd(s string, i int) int {
	at := -1
	end := i
	longer := len(s) > i+longestAddress
	s = s[:min(len(s), i+longestAddress)]
	for end < len(s) {
		c := s[end]
		if sorts[c]&wordly != 0 || c == '-' || c == '+' || c == '%' {
			end++
			continue
		}
		if c == '.' && (wordlyAt(s, end+1) || at < 0 && byteAt(s, end+1) == '.' || at < 0 && byteAt(s, end+1) == '@') {
			end++
			continue
		}
		if c == '@' && at < 0 && end > i && wordlyAt(s, end+1) {
			at = end
			end++
			continue
		}
		break
	}
	if at < 0 || longer && end == len(s) {
		return 0
	}
	for end > at && s[end-1] == '-' {
		end--
	}
	return end
}
