package crf

// mix hashes a value under the number of a feature template.
func mix(template, value uint32) uint32 {
	h := template*0x9E3779B1 ^ value
	h ^= h >> 15
	h *= 0x85EBCA6B
	h ^= h >> 13
	h *= 0xC2B2AE35
	h ^= h >> 16
	return h
}

// Tokens beyond the edges of a sentence.
var (
	before = token{form: 1, lower: 1, shape: 1, short: 1, cluster: NoCluster, word: -1}
	beyond = token{form: 2, lower: 2, shape: 2, short: 2, cluster: NoCluster, word: -1}
)

// neighbour returns the token d places from i in the same sentence.
func (t *Text) neighbour(i, d int) *token {
	j, k := i+d, &t.tokens[i]
	switch {
	case j < int(k.begin):
		return &before
	case j >= int(k.end):
		return &beyond
	}
	return &t.tokens[j]
}

// MaxFeatures is the most features a token has.
const MaxFeatures = 128

// broad takes the upper bits of a cluster's number, which name the wider clusters it
// is part of.
func broad(c uint16, bits uint) uint32 {
	if c == NoCluster {
		return uint32(NoCluster)
	}
	return uint32(c >> (clusterBits - bits))
}

func bit(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

// few puts a count into one of four classes: none, one, two or three, more.
func few(n int32) uint32 {
	switch {
	case n <= 0:
		return 0
	case n == 1:
		return 1
	case n <= 3:
		return 2
	}
	return 3
}

// Features appends the hashed features of token i that both passes see.
func (t *Text) Features(dst []uint32, i int) []uint32 {
	k := &t.tokens[i]
	p1, p2, n1, n2 := t.neighbour(i, -1), t.neighbour(i, -2), t.neighbour(i, 1), t.neighbour(i, 2)
	mode := uint32(k.casing)
	first := bit(k.first)
	add := func(template, value uint32) { dst = append(dst, mix(template, value)) }

	add(1, mode)
	add(2, k.form)
	add(3, k.lower)
	add(4, p1.lower)
	add(5, n1.lower)
	add(6, p2.lower)
	add(7, n2.lower)
	add(8, mix(p1.lower, k.lower))
	add(9, mix(k.lower, n1.lower))
	add(10, k.shape+mode*77)
	add(11, mix(k.short, p1.short)+mode*77)
	add(12, mix(k.short, n1.short)+mode*77)
	add(13, mix(mix(p1.short, k.short), n1.short)+mode*77)
	add(14, p1.short+mode*77)
	add(15, n1.short+mode*77)
	add(16, mix(p1.lower, n1.lower))
	add(17, mix(p2.lower, p1.lower))
	add(18, mix(n1.lower, n2.lower))
	w := &t.words[k.word]
	if !w.affixed {
		t.affixes(w, t.doc.Form(i))
	}
	for j, h := range w.suffix {
		if h != 0 {
			add(21+uint32(j), h)
		}
	}
	for j, h := range w.prefix {
		if h != 0 {
			add(28+uint32(j), h)
		}
	}
	if w.halves[0] != 0 {
		add(36, w.halves[0])
		add(37, w.halves[1])
	}
	add(32, first<<8|bit(k.flags&capital != 0)<<4|mode)
	add(33, mix(k.short, first))
	add(34, mix(k.short, p1.lower))
	add(35, mix(k.short, n1.lower))

	for j, x := range [...]*token{p2, p1, k, n1, n2} {
		add(40+uint32(j), broad(x.cluster, 6))
		add(45+uint32(j), broad(x.cluster, 9))
		add(50+uint32(j), broad(x.cluster, 12))
	}
	pc, kc, nc := broad(p1.cluster, 9), broad(k.cluster, 9), broad(n1.cluster, 9)
	add(55, pc<<16|kc)
	add(56, kc<<16|nc)
	add(57, mix(kc, k.short))
	add(58, mix(pc, k.short))
	add(59, mix(nc, k.short))
	add(60, mix(broad(k.cluster, 12), k.short))
	add(38, mix(pc, mix(k.short, nc)))

	if k.flags&capital != 0 {
		dst = t.witnessFeatures(dst, i, k, p1, n1)
		dst = t.runFeatures(dst, i, k)
	}
	return dst
}

// witnessFeatures appends what the document says of the word elsewhere.
func (t *Text) witnessFeatures(dst []uint32, i int, k, p1, n1 *token) []uint32 {
	add := func(template, value uint32) { dst = append(dst, mix(template, value)) }
	w := &t.words[k.word]
	first, mode := bit(k.first), uint32(k.casing)
	inner := w.inner
	if !k.first && k.casing == normal && p1.flags&quote == 0 {
		inner-- // this place
	}
	if inner+w.small > 0 || w.inner > 0 {
		add(70, first<<8|few(inner)<<4|few(w.small))
		add(71, mode<<12|first<<8|few(inner)<<4|few(w.small))
		for j := range w.seen {
			if w.before[j] == p1.lower && w.after[j] == n1.lower {
				continue
			}
			add(72, w.before[j])
			add(73, w.after[j])
		}
	} else {
		add(70, 999)
	}
	if n1.flags&capital != 0 {
		x := &t.words[n1.word]
		add(74, few(x.inner)<<4|few(x.small))
	}
	return dst
}

// runFeatures appends what the capitalised run around the token shows: its head above
// all, which stands at the end (Dockers Union) or before "of" (Ministry of …).
func (t *Text) runFeatures(dst []uint32, i int, k *token) []uint32 {
	add := func(template, value uint32) { dst = append(dst, mix(template, value)) }
	from, to := int(k.from), int(k.to)
	n := min(to-from, 6)
	at := uint32(1) // the token's place in its run
	switch i {
	case from:
		at = 0
	case to - 1:
		at = 2
	}
	add(90, uint32(n)<<4|at)
	a, z := &t.tokens[from], &t.tokens[to-1]
	b, e := t.neighbour(from, -1), t.neighbour(to-1, 1)
	if n > 1 {
		add(91, mix(z.lower, at))
		add(92, mix(broad(z.cluster, 9), at))
		add(93, mix(a.lower, at))
		add(94, mix(broad(a.cluster, 9), at))
	}
	add(95, mix(b.lower, uint32(n)))
	add(96, mix(e.lower, uint32(n)))
	add(97, mix(broad(b.cluster, 9), at))
	add(98, mix(broad(e.cluster, 9), at))
	return dst
}

// VoteFeatures appends the features that only the second pass sees.
func (t *Text) VoteFeatures(dst []uint32, i int) []uint32 {
	k := &t.tokens[i]
	add := func(template, value uint32) { dst = append(dst, mix(template, value)) }
	if k.flags&capital != 0 {
		w := &t.words[k.word]
		best, most, total := 0, int32(0), int32(0)
		for v, n := range w.votes {
			total += n
			if n > most {
				best, most = v, n
			}
		}
		if total > 0 {
			add(80, uint32(best)<<8|uint32(4*most/total)<<4|few(total))
			add(81, mix(uint32(best), k.short)+bit(k.first))
			place, top := 0, int32(0)
			for p, n := range w.places {
				if n > top {
					place, top = 1+p, n
				}
			}
			add(82, uint32(best)<<8|uint32(place)<<4|few(top))
		}
	}
	for j, d := range [...]int{-1, 1} {
		x := t.neighbour(i, d)
		if x.flags&capital == 0 {
			continue
		}
		best, most := 0, int32(0)
		for v, n := range t.words[x.word].votes {
			if n > most {
				best, most = v, n
			}
		}
		add(83+uint32(j), uint32(best)<<4|few(most))
	}
	return dst
}
