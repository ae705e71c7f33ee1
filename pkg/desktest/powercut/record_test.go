package powercut

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// programVar turns this test binary into a program that works on the folder it names.
const programVar = "COPYDESK_TEST_POWERCUT"

func init() {
	if dir := os.Getenv(programVar); dir != "" {
		if err := work(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// work does to a folder what servers do, in several threads, and marks how far it got.
func work(dir string) error {
	marks, err := os.OpenFile(dir+".marks", os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	fail := make(chan error, 8)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() { fail <- one(filepath.Join(dir, fmt.Sprint(i)), marks) })
	}
	all.Wait()
	for range 8 {
		err = errors.Join(err, <-fail)
	}
	return err
}

func one(dir string, marks *os.File) (err error) {
	do := func(e error) { err = errors.Join(err, e) }
	do(os.MkdirAll(filepath.Join(dir, "deep", "er"), 0o755))
	path := func(s string) string { return filepath.Join(dir, s) }
	log, e := os.OpenFile(path("log"), os.O_CREATE|os.O_RDWR, 0o644)
	do(e)
	for i := range 20 {
		_, e = fmt.Fprintf(log, "line %d\n", i)
		do(e)
		if i%5 == 4 {
			do(log.Sync())
			_, e = fmt.Fprintf(marks, "%s %d\n", filepath.Base(dir), i)
			do(e)
		}
	}
	_, e = log.WriteAt([]byte("LINE"), 7)
	do(e)
	do(os.WriteFile(path("state.tmp"), []byte(strings.Repeat("state ", 3000)), 0o644))
	do(os.Rename(path("state.tmp"), path("deep/er/state")))
	do(os.WriteFile(path("gone"), []byte("gone"), 0o644))
	do(os.Remove(path("gone")))
	do(os.Truncate(path("log"), 50))
	do(os.Rename(path("deep"), path("moved")))
	do(os.RemoveAll(path("moved/nothing")))
	return err
}

func TestRecord_seesEveryCall(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	root := filepath.Join(dir, "root")
	if err := os.Mkdir(root, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), programVar+"="+root)
	cmd.Stderr = t.Output()
	log, err := Record(cmd, root, root+".marks", dir)
	if err != nil {
		t.Fatal(err)
	}
	d, marks := NewDisk(), 0
	for _, c := range log.Calls {
		if err := d.Apply(c); err != nil {
			t.Fatal(err)
		}
		if c.Kind != Mark {
			continue
		}
		// The mark was set after a sync, so the disk has the lines.
		marks++
		var who, line int
		if _, err := fmt.Sscan(string(c.Data), &who, &line); err != nil {
			t.Fatal(err)
		}
		if got := string(d.Lost()[fmt.Sprint(who)+"/log"]); !strings.Contains(got, fmt.Sprintf("line %d\n", line)) {
			t.Errorf("at mark %q the disk has %q", c.Data, got)
		}
	}
	if marks != 32 {
		t.Errorf("%d marks, want 32", marks)
	}
	want, err := ReadImage(root)
	if err != nil {
		t.Fatal(err)
	}
	if diff := want.Diff(d.Seen()); diff != "" {
		t.Errorf("the folder and the model: %s", diff)
	}
	again := t.TempDir()
	if err := d.Seen().Write(again); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadImage(again); err != nil || want.Diff(got) != "" {
		t.Errorf("an image written and read is not the same: %s, %v", want.Diff(got), err)
	}
}

// lines replaces "quoted" and <bracketed> text by what strace -xx makes of it.
func lines(s string) string {
	var b strings.Builder
	var end byte
	for i := range len(s) {
		switch {
		case end == 0 && (s[i] == '"' || s[i] == '<' && i > 0 && (s[i-1] >= '0' && s[i-1] <= '9' || s[i-1] == 'D')):
			end = map[byte]byte{'"': '"', '<': '>'}[s[i]]
			b.WriteByte(s[i])
		case s[i] == end:
			end = 0
			b.WriteByte(s[i])
		case end != 0:
			b.Write(escape(s[i : i+1]))
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

func TestRead_understandsStrace(t *testing.T) {
	t.Parallel()
	log := lines(`7 1700000000.000001 openat(AT_FDCWD</tmp>, "/r/a", O_WRONLY|O_CREAT|O_APPEND|O_SYNC|O_CLOEXEC, 0644) = 3</r/a>
7 1700000000.000002 write(3</r/a>, "one = (1, 2)", 12 <unfinished ...>
8 1700000000.000003 openat(AT_FDCWD</tmp>, "/elsewhere", O_RDONLY) = 4</elsewhere>
8 1700000000.000004 unlinkat(5</r/d>, "x", AT_REMOVEDIR) = 0
7 1700000000.000005 <... write resumed>) = 5
7 1700000000.000006 pwrite64(3</r/b>, "two", 3, 4096) = 3
7 1700000000.000007 writev(3</r/a>, [{iov_base="ab", iov_len=2}, {iov_base="cd", iov_len=2}], 2) = 4
9 1700000000.000008 fsync(3</r/a>) = -1 EIO (Input/output error)
9 1700000000.000009 fdatasync(3</r/a> <unfinished ...>
7 1700000000.000010 renameat(AT_FDCWD</r>, "a", AT_FDCWD</r>, "b") = 0
7 1700000000.000011 write(6</m>, "done", 4) = 4
9 1700000000.000012 <... fdatasync resumed>) = 0
7 1700000000.000013 ftruncate(3</r/b>, 2) = 0
7 1700000000.000014 lseek(3</r/b>, 0, SEEK_END) = 2
7 1700000000.000015 close(3</r/b>(deleted)) = 0
7 1700000000.000016 fsync(8</r/b> <unfinished ...>) = ?
8 1700000000.000017 unlinkat(AT_FDCWD</r>, "/r/c", 0 <unfinished ...>
7 1700000000.000018 +++ killed by SIGKILL +++
9 1700000000.000019 pwrite64(3</r/e>, "thr" <detached ...>
9 1700000000.000020 +++ killed by SIGKILL +++
10 1700000000.000021 fsync(3</r/f>`)
	got, err := read(strings.NewReader(log), "/r", "/m")
	if err != nil {
		t.Fatal(err)
	}
	at := func(n int) time.Time { return time.UnixMicro(int64((1700000000 + float64(n)/1e6) * 1e6)) }
	want := []Call{
		{Kind: Open, Began: 1, Ended: 1, FD: 3, Path: "a", Flags: Flags{Create: true, Append: true, Sync: true}, Offset: -1},
		{Kind: Remove, Began: 4, Ended: 4, Path: "d/x", Offset: -1},
		{Kind: Write, Began: 2, Ended: 5, FD: 3, Offset: -1, Data: []byte("one =")},
		{Kind: Write, Began: 6, Ended: 6, FD: 3, Offset: 4096, Data: []byte("two")},
		{Kind: Write, Began: 7, Ended: 7, FD: 3, Offset: -1, Data: []byte("abcd")},
		{Kind: Rename, Began: 10, Ended: 10, Path: "a", To: "b", Offset: -1},
		{Kind: Mark, Began: 11, Ended: 11, FD: 6, Offset: -1, Data: []byte("done")},
		{Kind: Sync, Began: 9, Ended: 12, FD: 3, Offset: -1},
		{Kind: Truncate, Began: 13, Ended: 13, FD: 3, Offset: 2},
		{Kind: Seek, Began: 14, Ended: 14, FD: 3, Offset: 2},
		{Kind: Close, Began: 15, Ended: 15, FD: 3, Offset: -1},
	}
	for i := range want {
		want[i].Time = at(want[i].Ended)
	}
	if diff := cmp.Diff(&Log{want, []string{"b", "c", "e", "f"}}, got); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
}

func TestRead_refusesWhatItDoesNotModel(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		`mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED, 3</r/a>, 0) = 0x7f0000000000`,
		`fallocate(3</r/a>, 0, 0, 4096) = 0`,
		`dup3(3</r/a>, 9, O_CLOEXEC) = 9</r/a>`,
		`fcntl(3</r/a>, F_DUPFD_CLOEXEC, 0) = 9</r/a>`,
		`copy_file_range(3</r/a>, NULL, 4</r/b>, NULL, 10, 0) = 10`,
		`renameat(AT_FDCWD</r>, "a", AT_FDCWD</r>, "/tmp/a") = 0`,
		`openat(AT_FDCWD</r>, "a", O_WRONLY|O_DIRECT) = 3</r/a>`,
	} {
		if _, err := read(strings.NewReader(lines("7 1700000000.000001 "+line+"\n")), "/r", "/m"); !errors.Is(err, errUnmodelled) {
			t.Errorf("%s: %v", line, err)
		}
	}
	if _, err := read(strings.NewReader(lines(`7 1700000000.000001 write(3</r/a>, "one"..., 9) = 9`)+"\n"), "/r", "/m"); err == nil {
		t.Error("a write that strace shortened is taken for whole")
	}
	if _, err := read(strings.NewReader(lines("7 1700000000.000001 fsync(3</r/a>\n7 1700000000.000002 close(4</s>) = 0\n")), "/r", "/m"); err == nil {
		t.Error("a call without a result is passed over though its thread went on")
	}
}
