package extract

import (
	"context"
	"slices"

	"github.com/copydesk/copydesk/pkg/article"
)

// intake is one file on its way to articles.
type intake struct {
	ctx context.Context // of the one call of File
	// progress is told of every part and item.
	progress func()

	limits Limits
	hints  Hints
	digest string
	size   int64

	items    []Item
	rejected int // items rejected one by one
	unlisted int // and those only counted
	// expanded counts the bytes that were unpacked so far.
	expanded int
	// full says that a limit of the whole file is reached and nothing more is read.
	full bool
}

// part is a piece of a file: the file itself, what it unpacks to, a member, an
// attachment.
type part struct {
	data []byte
	// path leads from the file to the part. Names in it are labels, never places.
	path []string
	// layers counts the containers and compressions around the part.
	layers int
	// hints are what is said about the part: by the sender, or by the container.
	hints Hints
	// declared is what the container knows about the part's article.
	declared func(*article.Article)
}

// inner returns a part of p.
func (p part) inner(label string, data []byte) part {
	p.data = data
	p.layers++
	if label = cleanLabel(label); label != "" {
		p.path = append(slices.Clone(p.path), label)
		p.hints.Filename = label
	}
	p.hints.ContentType, p.hints.ContentEncoding = "", "" // they were the container's
	p.declared = nil
	return p
}

// read turns a part into items: it peels compressions off, tells the format from the
// bytes and hands the part to that format's reader, which splits it or extracts it. A
// part that gives nothing is rejected in its place.
func (in *intake) read(p part) {
	if in.full || in.ctx.Err() != nil {
		return
	}
	in.progress()
	if reject := in.readPart(p); reject != nil {
		in.reject(p, reject)
	}
}

func (in *intake) readPart(p part) *Reject {
	p.hints = p.hints.valid()
	p, reject := in.open(p)
	if reject != nil {
		return reject
	}
	f, reject := sniff(p.data, p.hints)
	if reject != nil {
		return reject
	}
	if p.layers > in.limits.Layers && f.isContainer() {
		return refuse(CodeDepth, "a %s inside %d others: unpack it and send what is inside", f, in.limits.Layers)
	}
	return in.guard(f, func() *Reject { return in.reader(f)(p) })
}

// reader returns the reader of a format.
func (in *intake) reader(f format) func(part) *Reject {
	switch f {
	case formatText:
		return in.readPlain
	case formatHTML:
		return in.readPage
	case formatZip:
		return in.readZip
	case formatJSON:
		return in.readJSON
	case formatNDJSON:
		return in.readLines
	case formatFeed:
		return in.readFeed
	case formatNITF:
		return in.readNITF
	case formatNewsML:
		return in.readNewsML
	case formatNewsMLG2:
		return in.readNewsMLG2
	case formatANPA:
		return in.readANPA
	case formatIPTC7901:
		return in.readIPTC7901
	case formatMail:
		return in.readMail
	case formatMbox:
		return in.readMbox
	case formatMarkdown:
		return in.readMarkdown
	case formatWARC:
		return in.readWARC
	case formatPDF:
		return in.readPDF
	}
	return nil
}

// guard turns a panic of a parser into a reject. It cannot catch what kills a
// process: a stack that overflows, memory that runs out. The limits prevent those as
// far as known, and a child process contains the rest.
func (in *intake) guard(f format, read func() *Reject) (reject *Reject) {
	defer func() {
		if v := recover(); v != nil {
			reject = refuse(CodeParser, "the parser of this %s failed (%v): report it, and send the text meanwhile", f, v)
		}
	}()
	return read()
}

// settle ends the splitting of a container that began when the intake had so many
// items: a container without any is rejected, files that were passed over are noted at
// the first article beside them.
func (in *intake) settle(f format, before, passedOver int) *Reject {
	switch {
	case len(in.items)+in.unlisted > before:
		for _, item := range in.items[min(before, len(in.items)):] {
			if item.Article != nil && passedOver > 0 {
				warn(item.Article, "parts_left_out")
				break
			}
		}
		return nil
	case passedOver > 0:
		return refuse(CodeNoItems, "%d files of other kinds and no article in the %s: send text, pages or documents", passedOver, f)
	}
	return refuse(CodeNoItems, "the %s is empty: nothing to read", f)
}

// count is how many items there are so far.
func (in *intake) count() int { return len(in.items) + in.unlisted }

// add enters an article, and what its edges teach.
func (in *intake) add(p part, a *article.Article, edge *Edge) *Reject {
	if len(in.items) >= in.limits.Members {
		in.full = true
		return refuse(CodeTooMany, "more than %d items in one file: split it; those up to here were read", in.limits.Members)
	}
	if p.declared != nil {
		p.declared(a)
	}
	in.items = append(in.items, Item{Article: a, Edge: edge})
	in.progress()
	return nil
}

// reject enters the reason why a part gives no article.
func (in *intake) reject(p part, r *Reject) {
	in.progress()
	if in.rejected >= in.limits.Rejects && !in.full {
		in.unlisted++
		return
	}
	in.rejected++
	r.Path = p.path
	in.items = append(in.items, Item{Reject: r})
}

// blank starts a part's record.
func (in *intake) blank(p part, f format) *article.Article {
	a := record(in.digest, in.size, p.hints)
	a.Input.Filename = optional(in.hints.Filename)
	a.Input.MediaType = f.mediaType()
	a.Input.Path = append(a.Input.Path, p.path...)
	return a
}
