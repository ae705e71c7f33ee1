package text

// sentences cuts the paragraph Tokens[first:last].
func (d *Document) sentences(first, last, paragraph int32) {
	start := first
	quotes := 0 // straight double quotes since the paragraph began
	for i := first; i < last; {
		t := &d.Tokens[i]
		switch t.Kind {
		case Quote:
			if d.Text[t.Start] == '"' {
				quotes++
			}
		case Stop, Abbreviation:
			if t.Kind == Stop || d.Text[t.End-1] == '.' {
				end := d.closers(i+1, last, &quotes)
				if end < last && d.ends(start, i, end, last) {
					d.sentence(start, end, paragraph)
					start = end
				}
				i = end
				continue
			}
		}
		i++
	}
	if start < last {
		d.sentence(start, last, paragraph)
	}
}

func (d *Document) sentence(first, last, paragraph int32) {
	a, b := &d.Tokens[first], &d.Tokens[last-1]
	d.Sentences = append(d.Sentences, Sentence{
		Start: a.Start, End: b.End, RuneStart: a.RuneStart, RuneEnd: b.RuneEnd,
		First: first, Last: last, Paragraph: paragraph,
	})
}

// closers returns the end of the marks at i that belong to the sentence before
// them: closing quotes and brackets, more stops, footnote numbers.
func (d *Document) closers(i, last int32, quotes *int) int32 {
	for ; i < last; i++ {
		t := &d.Tokens[i]
		glued := !t.Has(SpaceBefore)
		open := i+1 < last && !d.Tokens[i+1].Has(SpaceBefore) && d.Tokens[i+1].Kind < Stop
		switch t.Kind {
		case Emoji: // That's great. :)
		case Close:
			if !glued && !(i+1 == last || d.Tokens[i+1].Has(SpaceBefore)) {
				return i
			}
		case Quote:
			straight := d.Text[t.Start] == '"'
			switch {
			case d.Text[t.Start] == '`':
				return i
			case open: // it opens what follows
				return i
			case !glued && straight && *quotes%2 == 0:
				return i
			}
			if straight {
				*quotes++
			}
		case Stop: // ". . ." and "U.S.."
			if d.Text[t.Start] != '.' || d.Text[d.Tokens[i-1].End-1] != '.' {
				return i
			}
		case Open: // [19]
			if i+2 < last && d.Text[t.Start] == '[' && d.Tokens[i+1].Kind == Number && d.Text[d.Tokens[i+2].Start] == ']' {
				i += 2
				continue
			}
			return i
		default:
			return i
		}
	}
	return i
}
