//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/copydesk/copydesk/pkg/desktest"
)

// smallDisk is a script that runs a program with a disk of its own, of $1 bytes, mounted
// at $2. What it reads says what becomes of the disk: "fill" takes every byte that is
// left, "free" gives them back.
const smallDisk = `
mount -t tmpfs -o size="$1" copydesk-test "$2" || exit 97
disk=$2
shift 2
exec 3<&0
{ while read -r word; do
	case $word in
	fill) head -c 1G /dev/zero > "$disk/ballast" 2>/dev/null; echo filled ;;
	free) rm -f "$disk/ballast"; echo freed ;;
	esac
done; } <&3 &
exec "$@" 3<&- >&2
`

// onSmallDisk starts a program on a disk of its own. It needs a mount namespace: of root's,
// of an unprivileged user's, or by way of sudo, whichever the machine grants.
func onSmallDisk(t *testing.T, bytes int, dir string, args ...string) (disk func(word string)) {
	t.Helper()
	ways := [][]string{{"unshare", "-Urm"}, {"sudo", "-n", "-E", "unshare", "-m"}}
	if os.Geteuid() == 0 {
		ways = [][]string{{"unshare", "-m"}}
	}
	var refused strings.Builder
	for _, way := range ways {
		try := append(append([]string{}, way[1:]...), "mount", "-t", "tmpfs", "copydesk-test", dir)
		if out, err := exec.CommandContext(t.Context(), way[0], try...).CombinedOutput(); err != nil {
			fmt.Fprintf(&refused, "%v: %v: %s\n", way, err, out)
			continue
		}
		run := append(append([]string{}, way[1:]...), "sh", "-c", smallDisk, "sh", fmt.Sprint(bytes), dir, os.Args[0])
		cmd := exec.CommandContext(context.WithoutCancel(t.Context()), way[0], append(run, args...)...)
		cmd.Env = append(os.Environ(), programVar+"=1")
		cmd.Stderr = t.Output()
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = cmd.Process.Signal(syscall.SIGTERM) // it may be gone
			_ = in.Close()
			_ = cmd.Wait()
		})
		return func(word string) {
			t.Helper()
			if _, err := fmt.Fprintln(in, word); err != nil {
				t.Fatal(err)
			}
			var done string
			if _, err := fmt.Fscanln(out, &done); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Fatalf("this test needs a disk that it can fill, a tmpfs in a mount namespace: run it as root, allow unprivileged user namespaces, or sudo without a password\n%s", refused.String())
	return nil
}

// get returns an answer of the desk.
func ask(ctx context.Context, method, url, body string) (status int, answer string) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, err.Error()
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(b)
}

func TestDisk_fullAndFreedLosesAndDoublesNothing(t *testing.T) {
	const articles = 240
	dir, address, nats := t.TempDir(), freePort(t), freePort(t)
	disk := onSmallDisk(t, 48<<20, dir, "up", "--data", dir, "--listen", address, "--nats-listen", nats, "--ack-wait", "2s", "--log-level", "error")
	url := "http://" + address
	ready := func() bool {
		status, _ := ask(t.Context(), http.MethodGet, url+"/readyz", "")
		return status == http.StatusOK
	}
	desktest.Wait(t, "the desk to be ready", ready)

	// One sender, who sends a file until it is taken.
	var taken atomic.Int64
	var diskFull atomic.Bool
	sent := make(chan error, 1)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() {
		for i := range articles {
			for {
				status, answer := ask(ctx, http.MethodPost, url+"/inbox/disk", crashText(i))
				if status == http.StatusAccepted {
					taken.Add(1)
					break
				}
				var no struct{ Error, Reason string }
				if json.Unmarshal([]byte(answer), &no) == nil && no.Reason == "disk_full" {
					diskFull.Store(true)
				}
				select {
				case <-time.After(50 * time.Millisecond):
				case <-ctx.Done():
					sent <- ctx.Err()
					return
				}
			}
		}
		sent <- nil
	}()

	for round := range 2 {
		from := taken.Load()
		desktest.Wait(t, "articles to come in", func() bool { return taken.Load() >= min(from+40, articles) })
		disk("fill")
		desktest.Wait(t, "the desk to say that it is not ready", func() bool {
			_, answer := ask(t.Context(), http.MethodGet, url+"/readyz", "")
			return strings.Contains(answer, "no space left")
		})
		desktest.Wait(t, "the door to refuse", diskFull.Load)
		disk("free")
		desktest.Wait(t, "the desk to be ready again", ready)
		t.Logf("round %d: %d files were taken", round, taken.Load())
		diskFull.Store(false)
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	_, js := reach(t, nats)
	sums := balanced(t, openLedger(t, js), articles)
	t.Logf("%+v", sums)
	if sums.Items() != articles || sums.Dead != 0 {
		t.Errorf("ledger %+v, want %d items and none dead", sums, articles)
	}
	endedOnce(t, js, articles)
}
