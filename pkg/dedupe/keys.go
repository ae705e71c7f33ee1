package dedupe

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/text"
)

// Key is the hash of something that names an article beside its words, 0 for none. In
// JSON it is 16 hexadecimal digits.
type Key uint64

// MarshalText implements encoding.TextMarshaler.
func (k Key) MarshalText() ([]byte, error) {
	if k == 0 {
		return []byte{}, nil
	}
	return hex.AppendEncode(nil, binary.BigEndian.AppendUint64(nil, uint64(k))), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (k *Key) UnmarshalText(b []byte) error {
	*k = 0
	if len(b) == 0 {
		return nil
	}
	raw, err := hex.AppendDecode(nil, b)
	if err != nil || len(raw) != 8 {
		return fmt.Errorf("decode key %q: want 16 hexadecimal digits", b)
	}
	*k = Key(binary.BigEndian.Uint64(raw))
	return nil
}

// Keys are the identities of an article beside its words.
type Keys struct {
	// Provider is the sender's id for all versions of the article, Version the
	// sender's name of this one.
	Provider Key    `json:"provider"`
	Version  string `json:"version"`
	// URL is the canonical address, without what differs between two links to it.
	URL Key `json:"url"`
	// Slug is the slugline and Headline the headline: kill notices name a story by them.
	Slug     Key `json:"slug"`
	Headline Key `json:"headline"`
}

// keysOf reads the identities off a record. headline is the folded one without marks.
func keysOf(a *article.Article, headline string) (k Keys) {
	scope := a.Source.Name
	if id := value(a.Wire.ProviderID); id != "" {
		if strings.Contains(id, ":") { // urn:newsml:…, tag:…, https:…: unique by itself
			k.Provider = keyOf("provider", "", id)
		} else {
			k.Provider = keyOf("provider", scope, id)
		}
		k.Version = value(a.Wire.ProviderVersion)
	}
	if u := plainURL(value(a.CanonicalURL)); u != "" {
		k.URL = keyOf("url", "", u)
	}
	if s := folded(value(a.Wire.Slugline)); s != "" {
		k.Slug = keyOf("slug", scope, s)
	}
	if headline != "" {
		k.Headline = keyOf("headline", scope, headline)
	}
	return k
}

func keyOf(kind, scope, name string) Key {
	return Key(mix(hashString(kind) ^ mix(hashString(scope)^mix(hashString(name)))))
}

// plainURL takes scheme, "www.", fragment and a closing slash off an address.
func plainURL(u string) string {
	if _, rest, ok := strings.Cut(u, "://"); ok {
		u = rest
	}
	u, _, _ = strings.Cut(u, "#")
	u = strings.TrimSuffix(strings.TrimPrefix(u, "www."), "/")
	if !strings.ContainsAny(u, "/?") {
		return "" // a front page is no article
	}
	return u
}

// folded reduces a name to its letters and digits in lower case, words apart.
func folded(s string) string {
	b := make([]byte, 0, len(s))
	gap := false
	for _, r := range s {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			if gap && len(b) > 0 {
				b = append(b, ' ')
			}
			gap = false
			b = utf8.AppendRune(b, unicode.ToLower(r))
		case r != '\'' && r != '’':
			gap = true
		}
	}
	return string(b)
}

func hashString(s string) uint64 { return text.WordHash(s) }

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
