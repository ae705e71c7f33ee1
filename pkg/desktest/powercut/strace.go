package powercut

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// traced are the calls strace is asked for. Those that could change a file in a way that
// is not modelled are among them, to be refused when they do. Names a machine does not
// have are behind a question mark.
const traced = "?open,openat,?openat2,?creat,close,lseek,write,pwrite64,writev,pwritev,pwritev2," +
	"fsync,fdatasync,ftruncate,truncate,?rename,?renameat,renameat2,?link,linkat,?unlink,unlinkat,?rmdir,?mkdir,mkdirat," +
	"dup,?dup2,dup3,fcntl,fallocate,mmap,copy_file_range,sendfile,splice,?symlink,symlinkat"

// errUnmodelled says that the program did to a file what the model does not know.
var errUnmodelled = errors.New("a call that is not modelled")

// reader turns the output of `strace -f -y -xx -ttt` into calls. With -xx every string
// and path is \x-escaped, so that no other character of a line can be part of one.
type reader struct {
	root, marks string
	hexRoot     []byte // root and marks as they stand in a line
	hexMarks    []byte
	line        int
	open        map[string]begun // by thread, calls that were entered and not left
	cutOff      map[string]bool  // paths in calls that never ended
}

// begun is a call that was entered and, so far, not left.
type begun struct {
	line int
	text string
	torn bool // the line just stops: its thread was killed while strace wrote it
}

// read parses a log. root is the folder, marks the file whose writes are marks.
func read(log io.Reader, root, marks string) (*Log, error) {
	r := &reader{root: root, marks: marks, hexRoot: escape(root), hexMarks: escape(marks), open: map[string]begun{}, cutOff: map[string]bool{}}
	in := bufio.NewReaderSize(log, 1<<20)
	var calls []Call
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 {
			r.line++
			call, perr := r.next(bytes.TrimSuffix(line, []byte{'\n'}))
			if perr != nil {
				return nil, fmt.Errorf("line %d of strace's log: %w: %.200s … %s", r.line, perr, line, line[max(0, len(line)-100):])
			}
			if call != nil {
				calls = append(calls, *call)
			}
		}
		if errors.Is(err, io.EOF) {
			for _, b := range r.open {
				r.neverEnded(b.text)
			}
			return &Log{calls, slices.Sorted(maps.Keys(r.cutOff))}, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read strace's log: %w", err)
		}
	}
}

// neverEnded notes the paths of a call of which nobody knows whether it did anything.
func (r *reader) neverEnded(text string) {
	for {
		at := strings.Index(text, string(r.hexRoot))
		if at < 0 {
			return
		}
		end := at
		for end+4 <= len(text) && text[end] == '\\' {
			end += 4
		}
		if b, err := unescape(text[at:end]); err == nil {
			if p, ours := r.under(string(b)); ours && p != "." {
				r.cutOff[p] = true
			}
		}
		text = text[end:]
	}
}

func escape(s string) []byte {
	var b []byte
	for i := range len(s) {
		b = fmt.Appendf(b, `\x%02x`, s[i])
	}
	return b
}

const (
	unfinished = " <unfinished ...>"
	resumed    = " resumed>"
)

// next takes in a line and returns the call that ends with it, if one does that matters.
func (r *reader) next(line []byte) (*Call, error) {
	pid, rest, _ := bytes.Cut(line, []byte{' '})
	stamp, rest, _ := bytes.Cut(bytes.TrimLeft(rest, " "), []byte{' '})
	thread := string(pid)
	began := r.line
	var text string
	switch {
	case bytes.HasPrefix(rest, []byte("+++")), bytes.HasPrefix(rest, []byte("---")):
		return nil, nil // a thread's end, a signal
	case r.open[thread].torn:
		return nil, errors.New("a thread goes on after a call without a result")
	case bytes.HasPrefix(rest, []byte("<... ")):
		b, ok := r.open[thread]
		if !ok {
			return nil, nil
		}
		delete(r.open, thread)
		_, tail, ok := bytes.Cut(rest, []byte(resumed))
		if !ok {
			return nil, errors.New("a call goes on in an unknown way")
		}
		began, text = b.line, b.text+string(tail)
	case !bytes.Contains(rest, r.hexRoot) && !bytes.Contains(rest, r.hexMarks):
		return nil, nil
	case bytes.HasSuffix(rest, []byte(unfinished)):
		r.open[thread] = begun{line: r.line, text: string(bytes.TrimSuffix(rest, []byte(unfinished)))}
		return nil, nil
	case !bytes.Contains(rest, []byte(" = ")):
		r.open[thread] = begun{line: r.line, text: string(rest), torn: true}
		return nil, nil
	default:
		text = string(rest)
	}
	at, err := strconv.ParseFloat(string(stamp), 64)
	if err != nil {
		return nil, errors.New("no time")
	}
	end := strings.LastIndex(text, " = ")
	if end < 0 {
		return nil, errors.New("no result")
	}
	name, args, ok := strings.Cut(strings.TrimSuffix(strings.TrimRight(text[:end], " "), ")"), "(")
	if !ok {
		return nil, errors.New("no arguments")
	}
	result := text[end+len(" = "):]
	switch {
	case strings.HasPrefix(result, "?"): // its process died in it
		r.neverEnded(text)
		return nil, nil
	case strings.HasPrefix(result, "-1"):
		return nil, nil
	}
	c, err := r.call(name, split(args), result)
	if err != nil || c == nil {
		return nil, err
	}
	c.Began, c.Ended, c.Time = began, r.line, time.UnixMicro(int64(at*1e6))
	return c, nil
}

// split splits arguments at their commas, those of structures aside.
func split(args string) []string {
	var out []string
	depth, from := 0, 0
	for i := range len(args) {
		switch args[i] {
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		case ',':
			if depth == 0 {
				out = append(out, strings.TrimSpace(args[from:i]))
				from = i + 1
			}
		}
	}
	return append(out, strings.TrimSpace(args[from:]))
}

// call decodes a call; nil where it is about no file of the folder.
func (r *reader) call(name string, args []string, result string) (*Call, error) {
	c := &Call{Offset: -1}
	arg := func(i int) string {
		if i < len(args) {
			return args[i]
		}
		return ""
	}
	number := func(s string) int64 {
		n, err := strconv.ParseInt(strings.TrimSpace(s), 0, 64)
		if err != nil {
			n = -1
		}
		return n
	}
	var ours bool
	var err error
	switch name {
	case "openat", "open", "creat":
		if name != "openat" {
			args = append([]string{""}, args...)
		}
		if c.Path, ours = r.path(arg(0), arg(1)); !ours {
			return nil, nil
		}
		c.Kind = Open
		c.FD, _ = fd(result)
		for flag := range strings.SplitSeq(arg(2), "|") {
			switch flag {
			case "O_CREAT":
				c.Flags.Create = true
			case "O_TRUNC":
				c.Flags.Truncate = true
			case "O_APPEND":
				c.Flags.Append = true
			case "O_SYNC", "O_DSYNC":
				c.Flags.Sync = true
			case "O_TMPFILE", "O_DIRECT":
				return nil, errUnmodelled
			}
		}
		if name == "creat" {
			c.Flags = Flags{Create: true, Truncate: true}
		}
	case "write", "pwrite64", "writev", "pwritev", "pwritev2":
		var path string
		c.FD, path = fd(arg(0))
		c.Kind = Write
		if path == r.marks {
			c.Kind = Mark
		} else if _, ours = r.under(path); !ours {
			return nil, nil
		}
		if c.Data, err = data(arg(1), number(result)); err != nil {
			return nil, err
		}
		switch name {
		case "pwrite64":
			c.Offset = number(arg(3))
		case "pwritev":
			c.Offset = number(arg(3))
		case "pwritev2":
			return nil, errUnmodelled
		}
	case "close", "fsync", "fdatasync", "ftruncate", "lseek":
		var path string
		c.FD, path = fd(arg(0))
		if _, ours = r.under(path); !ours {
			return nil, nil
		}
		switch name {
		case "close":
			c.Kind = Close
		case "ftruncate":
			c.Kind, c.Offset = Truncate, number(arg(1))
		case "lseek":
			c.Kind, c.Offset = Seek, number(result)
		default:
			c.Kind = Sync
		}
	case "truncate":
		if c.Path, ours = r.path("", arg(0)); !ours {
			return nil, nil
		}
		c.Kind, c.FD, c.Offset = Truncate, -1, number(arg(1))
	case "rename", "link":
		return r.two(c, name, "", arg(0), "", arg(1))
	case "renameat", "linkat":
		return r.two(c, strings.TrimSuffix(name, "at"), arg(0), arg(1), arg(2), arg(3))
	case "renameat2":
		if f := arg(4); f != "0" && f != "RENAME_NOREPLACE" {
			return nil, errUnmodelled
		}
		return r.two(c, "rename", arg(0), arg(1), arg(2), arg(3))
	case "unlink", "rmdir":
		c.Kind = Remove
		if c.Path, ours = r.path("", arg(0)); !ours {
			return nil, nil
		}
	case "unlinkat":
		c.Kind = Remove
		if c.Path, ours = r.path(arg(0), arg(1)); !ours {
			return nil, nil
		}
	case "mkdir":
		c.Kind = Mkdir
		if c.Path, ours = r.path("", arg(0)); !ours {
			return nil, nil
		}
	case "mkdirat":
		c.Kind = Mkdir
		if c.Path, ours = r.path(arg(0), arg(1)); !ours {
			return nil, nil
		}
	case "fcntl":
		if strings.HasPrefix(arg(1), "F_DUPFD") {
			return nil, errUnmodelled
		}
		return nil, nil
	case "mmap":
		if strings.Contains(arg(2), "PROT_WRITE") && strings.Contains(arg(3), "MAP_SHARED") {
			return nil, errUnmodelled
		}
		return nil, nil
	default:
		return nil, errUnmodelled
	}
	return c, nil
}

func (r *reader) two(c *Call, kind, fromDir, from, toDir, to string) (*Call, error) {
	var ours, oursToo bool
	c.Kind = Kind(kind)
	c.Path, ours = r.path(fromDir, from)
	c.To, oursToo = r.path(toDir, to)
	if ours != oursToo {
		return nil, fmt.Errorf("into or out of the folder: %w", errUnmodelled)
	}
	if !ours {
		return nil, nil
	}
	return c, nil
}

// path returns a path argument, relative to the folder, and whether it is below it.
func (r *reader) path(dir, quoted string) (string, bool) {
	b, err := unescape(strings.Trim(quoted, `"`))
	if err != nil {
		return "", false
	}
	p := string(b)
	if !filepath.IsAbs(p) {
		_, at := fd(dir)
		p = filepath.Join(at, p)
	}
	return r.under(p)
}

func (r *reader) under(path string) (string, bool) {
	path = strings.TrimSuffix(path, " (deleted)")
	rel, err := filepath.Rel(r.root, path)
	if err != nil || rel == ".." || strings.HasPrefix(rel, "../") {
		return "", false
	}
	return rel, true
}

// fd decodes a descriptor as strace -y shows it: 3<path>.
func fd(s string) (n int, path string) {
	num, rest, _ := strings.Cut(s, "<")
	n, err := strconv.Atoi(strings.TrimSpace(num))
	if err != nil {
		n = -1 // AT_FDCWD
	}
	quoted, _, _ := strings.Cut(rest, ">")
	b, err := unescape(quoted)
	if err != nil {
		return n, ""
	}
	return n, string(b)
}

// data decodes the bytes of a write: a string, or the strings of a list.
func data(s string, n int64) ([]byte, error) {
	var out []byte
	for {
		_, after, ok := strings.Cut(s, `"`)
		if !ok {
			break
		}
		quoted, rest, ok := strings.Cut(after, `"`)
		if !ok || strings.HasPrefix(rest, "...") {
			return nil, errors.New("strace shortened what was written")
		}
		b, err := unescape(quoted)
		if err != nil {
			return nil, err
		}
		out = append(out, b...)
		s = rest
	}
	if n < 0 || int64(len(out)) < n {
		return nil, fmt.Errorf("%d bytes were written and %d recorded", n, len(out))
	}
	return out[:n], nil
}

func unescape(s string) ([]byte, error) {
	if len(s)%4 != 0 {
		return nil, fmt.Errorf("%.40q is not escaped", s)
	}
	digits := make([]byte, 0, len(s)/2)
	for i := 0; i < len(s); i += 4 {
		if s[i] != '\\' || s[i+1] != 'x' {
			return nil, fmt.Errorf("%.40q is not escaped", s)
		}
		digits = append(digits, s[i+2], s[i+3])
	}
	n, err := hex.Decode(digits, digits)
	return digits[:n], err
}
