package extract

import (
	"bytes"
	"regexp"
)

var boundaryParam = regexp.MustCompile(`(?i)\bboundary\s*=\s*(?:"([^"\r\n]{1,200})"|([^\s;"]{1,200}))`)

// checkMail refuses mails that nest too deep or have too many parts, before the parser
// sees them: it reads every level through all those around it, so that 10,000 nested
// ones took 17 s. One pass over the lines keeps the boundaries that are open.
func checkMail(data []byte, limits Limits) *Reject {
	var open []string
	parts := 0
	for line := range bytes.Lines(data) {
		line = bytes.TrimRight(line, " \t\r\n")
		if rest, ok := bytes.CutPrefix(line, []byte("--")); ok && len(open) > 0 {
			for i := len(open) - 1; i >= 0; i-- {
				if string(rest) == open[i] {
					open = open[:i+1] // those within ended without saying so
					parts++
					break
				}
				if string(rest) == open[i]+"--" {
					open = open[:i]
					break
				}
			}
		} else if len(line) < 1000 && bytes.Contains(bytes.ToLower(line), []byte("boundary")) {
			if m := boundaryParam.FindSubmatch(line); m != nil {
				open = append(open, string(m[1])+string(m[2]))
			}
		}
		if len(open) > limits.MailDepth {
			return refuse(CodeDepth, "a mail of parts in parts more than %d deep: forward the article alone", limits.MailDepth)
		}
		if parts > limits.MailParts {
			return refuse(CodeTooMany, "a mail of more than %d parts: split it", limits.MailParts)
		}
	}
	return nil
}

// mboxLine begins a message in a mailbox.
var mboxLine = regexp.MustCompile(`^From \S+ .*\d{4}`)

// readMbox splits a mailbox into its mails.
func (in *intake) readMbox(p part) *Reject {
	n := 0
	each := func(m []byte) {
		if n++; in.full || in.ctx.Err() != nil || len(bytes.TrimSpace(m)) == 0 {
			return
		}
		// Lines of the text that look like a beginning were quoted.
		m = bytes.ReplaceAll(m, []byte("\n>From "), []byte("\nFrom "))
		in.read(p.inner(numbered("mail", n), m))
	}
	before := in.count()
	start, at, blank := 0, 0, true
	for line := range bytes.Lines(p.data) {
		if blank && at > start && mboxLine.Match(line) {
			each(p.data[start:at])
			start = at
		}
		blank = len(bytes.TrimSpace(line)) == 0
		at += len(line)
	}
	each(p.data[start:])
	return in.settle(formatMbox, before, 0)
}

// isMbox reports whether a file that begins like a mailbox holds more than one mail.
func isMbox(data []byte) bool {
	return mboxLine.Match(data) && moreMail.Match(data)
}

var moreMail = regexp.MustCompile(`\n\r?\nFrom \S+ [^\n]*\d{4}[^\n]*\n[A-Za-z-]+:`)
