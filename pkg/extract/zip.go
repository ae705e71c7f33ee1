package extract

import (
	"archive/zip"
	"bytes"
	"errors"
	"strings"
)

// readZip splits a zip file into its members. Office documents are zip files too and
// have readers of their own.
func (in *intake) readZip(p part) *Reject {
	// Every member has a head in the directory, which takes some 300 bytes once read.
	if n := bytes.Count(p.data, []byte("PK\x01\x02")); n > in.limits.Members {
		return refuse(CodeTooMany, "about %d members in one zip file, the limit is %d: split it", n, in.limits.Members)
	}
	z, err := zip.NewReader(bytes.NewReader(p.data), int64(len(p.data)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // names are labels here
		return brokenPacking("zip", err)
	}
	switch f, advice := officeOf(z); {
	case f != "":
		return in.readOffice(f, p, z)
	case advice != "":
		return refuse(CodeUnsupported, "%s", advice)
	}

	before, passedOver := in.count(), 0
	for _, m := range z.File {
		name := strings.ToLower(m.Name)
		if m.FileInfo().IsDir() || strings.HasPrefix(name, "__macosx/") || strings.HasSuffix(name, ".ds_store") {
			continue
		}
		if isOtherKind(name) {
			passedOver++
			continue
		}
		if in.full || in.ctx.Err() != nil {
			break
		}
		inner := p.inner(m.Name, nil)
		data, reject := in.member(m)
		if reject != nil {
			in.reject(inner, reject)
			continue
		}
		inner.data = data
		in.read(inner)
	}
	return in.settle(formatZip, before, passedOver)
}

// member unpacks a member of a zip file.
func (in *intake) member(m *zip.File) ([]byte, *Reject) {
	if m.Flags&1 != 0 {
		return nil, refuse(CodeEncrypted, "the zip file is locked with a password: send it without one")
	}
	r, err := m.Open()
	if err != nil {
		return nil, brokenPacking("zip", err)
	}
	defer r.Close()
	return in.unpack("zip", r, int(min(m.CompressedSize64, uint64(in.limits.Raw))))
}

// otherKinds are the endings of files that lie beside articles and are none. They are
// passed over with a warning, where a lone one is rejected.
var otherKinds = []string{
	".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".heic", ".bmp", ".tif", ".tiff", ".svg", ".ico",
	".mp3", ".m4a", ".wav", ".ogg", ".mp4", ".m4v", ".mov", ".webm", ".avi",
	".css", ".js", ".mjs", ".map", ".woff", ".woff2", ".ttf", ".otf", ".eot",
	".ics", ".vcf", ".p7s", ".asc", ".sig", ".exe", ".dll",
}

func isOtherKind(name string) bool {
	for _, ending := range otherKinds {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	return false
}
