package observe

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is a program under test. It ends with the test at the latest.
type process struct {
	cmd  *exec.Cmd
	name string
	done chan struct{} // closed when it has ended

	mu   sync.Mutex
	tail []string // of what it said
}

// tailLines is how much of what a process says is kept for when a test fails.
const tailLines = 40

// start runs a program and returns once it has said a line that matches ready, with
// the pattern's first group: the address it listens at.
func start(t *testing.T, ready *regexp.Regexp, name string, args ...string) (*process, string) {
	t.Helper()
	p := &process{cmd: exec.Command(name, args...), name: name, done: make(chan struct{})}
	p.cmd.SysProcAttr = endWithUs()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdout, p.cmd.Stderr = w, w
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	w.Close()
	found := make(chan string, 1)
	go func() {
		defer close(p.done)
		p.listen(r, ready, found)
		_ = p.cmd.Wait() // how it ended is in what it said
	}()
	t.Cleanup(func() {
		p.stop(syscall.SIGTERM)
		if t.Failed() {
			t.Logf("%s %s said last:\n%s", name, strings.Join(args, " "), p.said())
		}
	})
	select {
	case address := <-found:
		return p, address
	case <-p.done:
		t.Fatalf("%s ended:\n%s", name, p.said())
	case <-time.After(patience):
		t.Fatalf("%s is not ready after %s:\n%s", name, patience, p.said())
	}
	return nil, ""
}

func (p *process) listen(r io.ReadCloser, ready *regexp.Regexp, found chan<- string) {
	defer r.Close()
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		p.mu.Lock()
		if p.tail = append(p.tail, lines.Text()); len(p.tail) > tailLines {
			p.tail = p.tail[1:]
		}
		p.mu.Unlock()
		if m := ready.FindStringSubmatch(lines.Text()); m != nil {
			select {
			case found <- m[1]:
			default:
			}
		}
	}
}

func (p *process) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.tail, "\n")
}

// stop ends the process by a signal, or for certain if it does not listen, and waits.
func (p *process) stop(sig syscall.Signal) {
	_ = p.cmd.Process.Signal(sig) // fails when it has ended
	select {
	case <-p.done:
	case <-time.After(10 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// program finds a program that scripts/setup installs, under one of its names.
func program(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatalf("%s is not installed; run scripts/setup as root, or: apt-get install -y --no-install-recommends prometheus prometheus-alertmanager", names[0])
	return ""
}

// build builds the copydesk command.
func build(t *testing.T) string {
	t.Helper()
	bin := t.TempDir() + "/copydesk"
	out, err := exec.Command("go", "build", "-buildvcs=false", "-o", bin, "github.com/copydesk/copydesk/services/copydesk").CombinedOutput()
	if err != nil {
		t.Fatalf("build copydesk: %v\n%s", err, out)
	}
	return bin
}

// patience is how long a condition is waited for: far longer than it takes, for
// machines that are busy.
const patience = 60 * time.Second

// await waits for a condition, which says what is missing while it does not hold.
func await(t *testing.T, what string, holds func() error) {
	t.Helper()
	began := time.Now()
	for {
		err := holds()
		if err == nil {
			t.Logf("%6.1f s  %s", time.Since(began).Seconds(), what)
			return
		}
		if time.Since(began) > patience {
			t.Fatalf("waited %s for %s: %v", patience, what, err)
		}
		select {
		case <-t.Context().Done():
			t.Fatalf("waiting for %s: %v", what, t.Context().Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// missing is an error that lists what is not there yet.
func missing(what []string) error {
	if len(what) == 0 {
		return nil
	}
	return fmt.Errorf("missing: %s", strings.Join(what, ", "))
}
