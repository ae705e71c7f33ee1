package main

import (
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/copydesk/copydesk/pkg/entity/crf"
)

// vary rewrites some documents as others would have written them: a part has its
// hyphenated words cut, as many treebanks have them, another writes Mr and Dr without a
// stop, as British papers do.
func vary(docs []document, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 5))
	for _, d := range docs {
		cut, british := random.Float64() < 0.4, random.Float64() < 0.4
		for _, s := range d {
			if cut {
				cutHyphens(s)
			}
			if british {
				for i, f := range s.forms {
					if stopped[f] {
						s.forms[i] = strings.TrimSuffix(f, ".")
					}
				}
			}
		}
	}
}

var stopped = words("Mr. Mrs. Ms. Dr. Prof. Gen. Lt. Col. Capt. Sgt. St.")

// cutHyphens makes three tokens of a word with a hyphen.
func cutHyphens(s *sentence) {
	if !slices.ContainsFunc(s.forms, hyphenated) {
		return
	}
	var forms []string
	at := make([]int, 0, len(s.forms)+1) // where each token begins now
	for _, f := range s.forms {
		at = append(at, len(forms))
		if !hyphenated(f) {
			forms = append(forms, f)
			continue
		}
		for i, part := range strings.Split(f, "-") {
			if i > 0 {
				forms = append(forms, "-")
			}
			forms = append(forms, part)
		}
	}
	at = append(at, len(forms))
	names := make([]crf.Name, len(s.names))
	for i, n := range s.names {
		n.First, n.Last = at[n.First], at[n.Last]
		names[i] = n
	}
	s.forms, s.names = forms, names
}

// hyphenated reports whether a form is words joined by hyphens.
func hyphenated(form string) bool {
	parts := strings.Split(form, "-")
	return len(parts) > 1 && !strings.Contains(form, "/") && !slices.Contains(parts, "")
}

// headlines makes copies of a few sentences in the manner of headlines: all capitals,
// or a capital on every word.
func headlines(docs []document, seed uint64) []document {
	random := rand.New(rand.NewPCG(seed, 2))
	var out []document
	for _, d := range docs {
		var copies document
		for _, s := range d {
			if len(s.forms) < 4 || len(s.forms) > 20 {
				continue
			}
			c := &sentence{names: s.names, weight: s.weight}
			switch draw := random.Float64(); {
			case draw < 0.08:
				for _, f := range s.forms {
					c.forms = append(c.forms, strings.ToUpper(f))
				}
			case draw < 0.16:
				for i, f := range s.forms {
					if (i == 0 || !small[f]) && f[0] >= 'a' && f[0] <= 'z' {
						f = strings.ToUpper(f[:1]) + f[1:]
					}
					c.forms = append(c.forms, f)
				}
			default:
				continue
			}
			copies = append(copies, c)
		}
		if len(copies) > 0 {
			out = append(out, copies)
		}
	}
	return out
}
