package extract

import (
	"bytes"
	"compress/zlib"
	"regexp"
	"strconv"
)

// The PDF parser trusts the file in places where a false number costs the process its
// life: it reserves tables of any size a file names and follows chains of tables in
// circles. checkPDF looks at those places first. What hides inside packed
// streams it cannot see; for that there is the isolated process.

var (
	pdfSizes   = regexp.MustCompile(`/(?:Size|Columns|Count|N|First|W\s*\[|Index\s*\[)\s*((?:\d+\s*)+)`)
	pdfSection = regexp.MustCompile(`(?:xref|[nf]\s*[\r\n])\s*(\d+) (\d+)\s*[\r\n]`)
	pdfPrev    = regexp.MustCompile(`/Prev\s+(\d+)\s*(?:[/>\r\n]|\d+\s*[^\d\sR])`)
	pdfStart   = regexp.MustCompile(`startxref\s+(\d+)`)
	pdfStream  = regexp.MustCompile(`>>\s*stream\r?\n`)
	pdfObjStm  = regexp.MustCompile(`/Type\s*/ObjStm`)
	pdfRef     = regexp.MustCompile(`/(?:Length|N|First|Filter|Type)\s+(\d+)\s+(\d+)\s+R`)
)

// maxPDFObjects is the most objects a PDF may claim to have; 300 pages have some
// thousands.
const maxPDFObjects = 2_000_000

func (in *intake) checkPDF(data []byte) *Reject {
	tooMany := refuse(CodeMalformed, "a PDF that claims to have more than %d objects: print it to a new PDF", maxPDFObjects)
	for _, expression := range []*regexp.Regexp{pdfSizes, pdfSection} {
		for _, m := range expression.FindAllSubmatch(data, -1) {
			for _, digits := range bytes.Fields(bytes.Join(m[1:], []byte(" "))) {
				if n, err := strconv.ParseUint(string(digits), 10, 63); err != nil || n > 10*maxPDFObjects {
					return tooMany
				}
			}
		}
	}
	if reject := checkXrefs(data); reject != nil {
		return reject
	}
	return in.checkStreams(data)
}

// maxPDFTables is the most tables in a chain: one for each time the file was saved.
const maxPDFTables = 200

// maxPDFRefs is the most streams of objects that may be described elsewhere; each has to
// be looked for.
const maxPDFRefs = 100

// checkXrefs follows the tables of objects from the last to the first, as the parser
// will.
func checkXrefs(data []byte) *Reject {
	starts := pdfStart.FindAllSubmatch(data, -1)
	if len(starts) == 0 {
		return refuse(CodeMalformed, "a PDF cut off: send it whole")
	}
	at, _ := strconv.Atoi(string(starts[len(starts)-1][1]))
	for seen := map[int]bool{}; at > 0 && at < len(data); {
		if seen[at] || len(seen) > maxPDFTables {
			return refuse(CodeMalformed, "a PDF whose tables go round in circles: print it to a new PDF")
		}
		seen[at] = true
		// A table's own dictionary ends before its data or the next mark.
		section := data[at:]
		for _, end := range []string{"startxref", "stream"} {
			if i := bytes.Index(section, []byte(end)); i >= 0 {
				section = section[:i]
			}
		}
		m := pdfPrev.FindSubmatch(append(bytes.Clone(section[max(0, len(section)-1<<16):]), '\n'))
		if m == nil {
			return nil
		}
		at, _ = strconv.Atoi(string(m[1]))
	}
	return nil
}

// checkStreams unpacks every stream within the limits of all packed data, and refuses
// streams of objects that are described by objects inside them.
func (in *intake) checkStreams(data []byte) *Reject {
	looked := map[string]bool{}
	for _, loc := range pdfStream.FindAllIndex(data, in.limits.XMLElements) {
		head := data[max(0, loc[0]-2000):loc[0]]
		if i := bytes.LastIndex(head, []byte(" obj")); i >= 0 {
			head = head[i:]
		}
		if pdfObjStm.Match(head) {
			if bytes.Contains(head, []byte("/Extends")) {
				return refuse(CodeUnsupported, "a PDF with chained streams of objects: print it to a new PDF")
			}
			for _, ref := range pdfRef.FindAllSubmatch(head, -1) {
				if looked[string(ref[0])] {
					continue
				}
				if looked[string(ref[0])] = true; len(looked) > maxPDFRefs {
					return refuse(CodeTooMany, "a PDF with more than %d streams of objects described elsewhere: print it to a new PDF", maxPDFRefs)
				}
				own := regexp.MustCompile(`(?:^|[\s>])` + string(ref[1]) + `\s+` + string(ref[2]) + `\s+obj\b`)
				if !own.Match(data) {
					return refuse(CodeMalformed, "a PDF whose objects describe themselves: print it to a new PDF")
				}
			}
		}
		if !bytes.Contains(head, []byte("FlateDecode")) || bytes.Contains(head, []byte("/Subtype/Image")) || bytes.Contains(head, []byte("/Subtype /Image")) {
			continue // pictures are not unpacked by the parser
		}
		packed := data[loc[1]:]
		i := bytes.Index(packed, []byte("endstream"))
		if i < 0 {
			return refuse(CodeMalformed, "a PDF cut off: send it whole")
		}
		packed = packed[:i]
		r, err := zlib.NewReader(bytes.NewReader(packed))
		if err != nil {
			continue // the parser says so where it matters
		}
		if _, reject := in.unpack("PDF", r, len(packed)); reject != nil && reject.Code == CodeBomb {
			return reject
		}
	}
	return nil
}
