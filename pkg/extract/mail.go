package extract

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
	"unicode"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // without it only UTF-8 and ASCII are read
	"github.com/emersion/go-message/mail"

	"github.com/copydesk/copydesk/pkg/article"
)

// readMail reads a mail: its own text is an item, each attachment that may be an
// article is another. Who received it is nobody's business and left behind.
func (in *intake) readMail(p part) *Reject {
	data := bytes.TrimLeft(p.data, " \t\r\n\x00") // some gateways pad
	if bytes.HasPrefix(data, []byte("From ")) {
		if _, rest, ok := bytes.Cut(data, []byte("\n")); ok {
			data = rest
		}
	}
	if reject := checkMail(data, in.limits); reject != nil {
		return reject
	}
	m, err := in.openMail(data)
	if err != nil {
		return refuse(CodeMalformed, "a broken mail (%w): send its text", err)
	}
	if m.encrypted {
		return refuse(CodeEncrypted, "an encrypted mail: send it in the clear")
	}
	before := in.count()
	if m.plain != "" || m.html != "" {
		a := in.blank(p, formatMail)
		a.Kind = article.KindMail
		m.enter(a)
		if paragraphs := m.body(a, in.limits); len(paragraphs) > 0 {
			if reject := in.complete(p, a, paragraphs); reject != nil && len(m.attachments) == 0 {
				return reject
			}
		}
	}
	for i, f := range m.attachments {
		inner := p.inner(f.name, f.data)
		if f.name == "" {
			inner = p.inner(numbered("attachment", i+1), f.data)
		}
		inner.hints.ContentType = f.mediaType
		in.read(inner)
	}
	if in.count() == before && m.passedOver == 0 {
		return refuse(CodeNoText, "a mail without text: send one with text in it")
	}
	return in.settle(formatMail, before, m.passedOver)
}

// letter is what a mail holds.
type letter struct {
	header      mail.Header
	plain, html string
	attachments []attachment
	passedOver  int
	encrypted   bool
}

type attachment struct {
	name, mediaType string
	data            []byte
}

// openMail collects the parts of a mail. What a broken mail holds up to its break
// is kept.
func (in *intake) openMail(data []byte) (*letter, error) {
	e, err := message.Read(bytes.NewReader(data))
	if e == nil || err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
		return nil, err
	}
	m := &letter{header: mail.Header{Header: e.Header}}
	parts := 0
	err = e.Walk(func(_ []int, e *message.Entity, err error) error {
		if err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
			return err
		}
		if parts++; parts > in.limits.MailParts {
			return errMailParts
		}
		return m.add(e)
	})
	if errors.Is(err, errMailParts) {
		return nil, err
	}
	if err != nil && m.plain == "" && m.html == "" && len(m.attachments) == 0 {
		return nil, err
	}
	return m, nil
}

var errMailParts = errors.New("more parts than a mail may have")

// add sorts a part in.
func (m *letter) add(e *message.Entity) error {
	mediaType, params, _ := e.Header.ContentType()
	mediaType = strings.ToLower(mediaType)
	disposition, dispositionParams, _ := e.Header.ContentDisposition()
	name := firstText(dispositionParams["filename"], params["name"])
	switch {
	case mediaType == "multipart/encrypted", strings.HasSuffix(mediaType, "pkcs7-mime") && params["smime-type"] != "signed-data":
		m.encrypted = true
		return nil
	case strings.HasPrefix(mediaType, "multipart/"):
		return nil // its parts follow
	case strings.HasPrefix(mediaType, "image/"), strings.HasPrefix(mediaType, "audio/"), strings.HasPrefix(mediaType, "video/"),
		strings.HasPrefix(mediaType, "font/"), mediaType == "text/calendar", mediaType == "text/css", strings.Contains(mediaType, "signature"),
		isOtherKind(strings.ToLower(name)):
		m.passedOver++
		return nil
	}
	data, err := io.ReadAll(e.Body)
	if err != nil && len(data) == 0 {
		return err
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil
	}
	if disposition != "attachment" && name == "" {
		switch mediaType {
		case "text/html", "application/xhtml+xml":
			if m.html == "" {
				m.html, _, _ = decode(data, formatHTML, Hints{})
				return nil
			}
		case "text/plain", "":
			text, _, _ := decode(data, formatText, Hints{})
			if strings.Contains(text, "-----BEGIN PGP MESSAGE-----") {
				m.encrypted = true
				return nil
			}
			m.plain = strings.TrimSpace(m.plain + "\n\n" + text)
			return nil
		}
	}
	m.attachments = append(m.attachments, attachment{name, mediaType, data})
	return nil
}

// replyMarks are what mail programs put before a subject.
var replyMarks = regexp.MustCompile(`(?i)^(?:(?:re|fwd?|aw|wg|tr|rv|sv|vs|antw|doorst)(?:\[\d+\])?:\s*)+`)

// enter fills the record from the header.
func (m *letter) enter(a *article.Article) {
	if subject, err := m.header.Text("Subject"); err == nil || subject != "" {
		headlineIs(a, replyMarks.ReplaceAllString(strings.TrimSpace(subject), ""), "mail_subject")
	}
	if from, err := m.header.AddressList("From"); err == nil && len(from) > 0 {
		if name := clean(from[0].Name); name != "" && !strings.Contains(name, "@") {
			a.Byline = append(a.Byline, name)
			a.Provenance["byline"] = found("mail_from", 0.6) // it may be an office
		}
		if _, host, ok := strings.Cut(from[0].Address, "@"); ok && a.Source.Domain == nil {
			a.Source.Domain = optional(strings.ToLower(clean(host)))
		}
	}
	literal := strings.ToValidUTF8(m.header.Get("Date"), "\ufffd")
	publishedIs(a, rfc822Date(literal), "mail_date", a.Received)
	if literal = strings.TrimSpace(literal); a.PublishedRaw != nil {
		a.PublishedRaw = &literal
	}
}

// body chooses between the plain text and the HTML of a mail. Plain text is cleaner,
// but often a stub: "your program cannot show this mail".
func (m *letter) body(a *article.Article, limits Limits) []string {
	if m.html == "" {
		return m.plainBody(a)
	}
	if m.plain != "" && letters(m.plain)*5 >= letters(strings.Join(plainBlocks(m.html), " "))*2 {
		return m.plainBody(a)
	}
	return fragmentBody(a, m.html, limits)
}

func letters(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n
}

// recipients is a line of a forwarded mail's header that names who received it.
var recipients = regexp.MustCompile(`(?im)^[> ]*(?:to|cc|bcc|an|kopie|à|para):[^\n]*@[^\n]*(?:\n[ \t]+[^\n]*@[^\n]*)*\n?`)

// plainBody returns the paragraphs of plain text, up to the signature.
func (m *letter) plainBody(a *article.Article) []string {
	text := strings.ReplaceAll(m.plain, "\r\n", "\n")
	if recipients.MatchString(text) {
		text = recipients.ReplaceAllString(text, "")
		a.Cleaning.Removed = append(a.Cleaning.Removed, article.Removed{Text: "(recipients)", Rule: "mail_recipients"})
	}
	// Quoted-printable may have lost the space that belongs to the mark.
	if story, signature, ok := strings.Cut(strings.ReplaceAll(text, "\n-- \n", "\n--\n"), "\n--\n"); ok && strings.TrimSpace(story) != "" {
		text = story
		removeLines(a, "mail_signature", strings.Split(signature, "\n")...)
	}
	return proseBody(a, text)
}
