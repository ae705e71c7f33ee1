package text

// longestDateline is the most tokens a dateline has: two places, a date and two
// agencies come to about 20.
const longestDateline = 24

// Dateline returns the end, as a token index, of the dateline that opens the
// paragraph, or its first token if there is none. A dateline is a place in
// capitals, perhaps with a region, a date and an agency in brackets, up to a
// dash: "CAIRO (AP) —", "MARADI, Niger, Oct. 7 (Reuters) -".
func (d *Document) Dateline(paragraph int) int32 {
	p := d.Paragraphs[paragraph]
	first := d.Sentences[p.First].First
	last := d.Sentences[p.First].Last
	if d.Tokens[first].Shape != Upper {
		return first
	}
	bracket := false
	for i := first; i < last && i < first+longestDateline; i++ {
		t := &d.Tokens[i]
		switch t.Kind {
		case Dash:
			if i > first && i+1 < last && (t.Has(SpaceBefore) || d.Tokens[i-1].Kind == Close) {
				return i + 1
			}
			return first
		case Open:
			bracket = true
		case Close:
			bracket = false
		case Word, Abbreviation:
			if t.Shape == Lower && !bracket && t.RuneEnd-t.RuneStart > 2 && d.Words[t.Word].class&starter == 0 {
				return first
			}
		case Number, Comma, Clitic, Link, Symbol:
		default:
			return first
		}
	}
	return first
}
