package text

// number adds the number that begins at start, a digit or the sign or point
// before one: 1,200.5  3-0  11:30  1/2  08/16/2000  19th  5km  14-year-old.
func (s *scanner) number(start int) {
	text := s.text
	var flags Flags
	i := start
	plain := true // digits and their separators only
	for {
		from := i
		i = letters(text, i)
		if i > from && !digits(text[from:i]) {
			plain = false
		}
		c := byteAt(text, i)
		if c == '.' || c == ',' || c == ':' || c == '/' {
			if plain && isDigit(text, i+1) {
				i++
				continue
			}
			if c == '.' && flags&Hyphenated != 0 && lexicon.class(WordHash(text[from:i]))&month != 0 && isDigit(text, ahead(text, i+1)) {
				i++ // June 30-Aug. 2
				break
			}
			if c == '.' && !plain && !isDigit(text, i-1) {
				if end := linkEnd(text, start); end > i {
					s.add(end, Link)
					return
				}
			}
			break
		}
		if c == '@' && wordlyAt(text, i+1) {
			if end := emailEnd(text, start); end > i {
				s.add(end, Email)
				return
			}
			break
		}
		n := hyphen(text, i)
		if c == '-' {
			n = 1
		}
		if n > 0 && wordlyAt(text, i+n) {
			i += n
			plain = plain && isDigit(text, i)
			if !plain {
				flags |= Hyphenated
			}
			continue
		}
		n = apostrophe(text, i)
		if n > 0 && decade(text[start:i]) {
			if e := i + n; lowerASCII[byteAt(text, e)] == 's' && !wordlyAt(text, e+1) {
				i = e + 1 // the 80's
			}
			break
		}
		if n > 0 && !plain && wordlyAt(text, i+n) {
			if _, end := clitic(text, start, i, i+n); end == 0 {
				i += n
				continue
			}
		}
		break
	}
	s.flags |= flags
	s.add(i, Number)
}
