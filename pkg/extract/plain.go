package extract

import "bytes"

// Plain reports whether a file is plain text, which is read without a parser that
// hostile bytes could lead astray. Everything else belongs in a process that can be
// killed.
func Plain(data []byte, h Hints) bool {
	for _, c := range compressions {
		if bytes.HasPrefix(data, []byte(c.magic)) {
			return false
		}
	}
	f, reject := sniff(data, h)
	return reject != nil || f == formatText
}
