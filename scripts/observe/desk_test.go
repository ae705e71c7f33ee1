package observe

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/natsembed"
)

// newsroom is NATS and the processes of copydesk on it.
type newsroom struct {
	bin, dir string
	nats     *natsembed.Server
	url      string // of NATS
}

// openNewsroom starts NATS, in this process so that it can be taken away and given
// back.
func openNewsroom(t *testing.T, bin string) *newsroom {
	t.Helper()
	n := &newsroom{bin: bin, dir: t.TempDir()}
	n.startNATS(t, "127.0.0.1:0")
	n.url = n.nats.URL()
	t.Cleanup(func() { n.nats.Shutdown() })
	return n
}

func (n *newsroom) startNATS(t *testing.T, address string) {
	t.Helper()
	await(t, "NATS listens", func() (err error) {
		n.nats, err = natsembed.Start(natsembed.Options{Dir: n.dir, Listen: address, Logger: slog.New(slog.DiscardHandler)})
		return err
	})
}

// bringNATSBack starts NATS again, with its streams and where it was.
func (n *newsroom) bringNATSBack(t *testing.T) {
	t.Helper()
	n.startNATS(t, strings.TrimPrefix(n.url, "nats://"))
}

// serving is what a process says once it serves metrics.
var serving = regexp.MustCompile(`msg="serving HTTP" addr=(\S+)`)

// run starts a process of copydesk and returns it with the address of its metrics.
func (n *newsroom) run(t *testing.T, listen string, args ...string) (*process, string) {
	t.Helper()
	return start(t, serving, n.bin, append(args, "--nats", n.url, "--listen", listen, "--source-labels", "ap,mail,quiet")...)
}

// command runs a command of copydesk to its end and returns what it printed.
func (n *newsroom) command(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command(n.bin, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("copydesk %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// drop puts files into the inbox.
func (n *newsroom) drop(t *testing.T, source string, files map[string][]byte) {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	n.command(t, "drop", dir, "--source", source, "--nats", n.url)
}

// towns make every invented article one of its own.
var towns = []string{"Marrow", "Oster", "Alder", "Skarn", "Nordhaven", "Brill", "Tamsin", "Quell", "Orrin", "Veldt"}

// report is an invented article that is new whenever i is.
func report(i int) []byte {
	town, other := towns[i%len(towns)], towns[(i/len(towns)+3)%len(towns)]
	return fmt.Appendf(nil, `Council of %[1]s votes on bridge %[2]d

%[1]s, 17 February 2026 - The council of %[1]s voted %[3]d to %[4]d on Tuesday to mend bridge number %[2]d before the grain season of %[5]d begins.

Mayor Ilse Vantongeren said the work on bridge %[2]d would cost %[6]d crowns and last %[3]d weeks. "Nobody crosses river %[7]d by hoping," she said.

Farmers of %[8]s%[7]d asked for %[6]d sacks of seed in return. Their speaker, Tomas Reyl, said road %[9]d was closed to carts heavier than %[3]d tonnes.
`, town, i, 5+i%9, 2+i%4, 2026+i%40, 1000+37*i, 11*i+5, other, 7*i+1)
}

// junk is what no reader makes an article of.
func junk(i int) []byte { return fmt.Appendf(nil, "\x7fELF\x02\x01\x01\x00 %d \x00\x00 no text", i) }

// longRead is a file that takes long: a page of many thousand paragraphs.
func longRead() []byte {
	var b bytes.Buffer
	b.WriteString("<html><head><title>Minutes of the harbour council</title></head><body><article><h1>Minutes of the harbour council</h1>\n")
	for i := range 6000 {
		fmt.Fprintf(&b, "<p>Item %d: member %s of ward %d asked about lock %d, which the office of %s had measured at %d tonnes in the year before.</p>\n",
			i, towns[i%len(towns)], i%17, 13*i, towns[(i*7+3)%len(towns)], 29*i)
	}
	b.WriteString("</article></body></html>")
	return b.Bytes()
}

// poison is what dedupe cannot read, which is nobody's fault but ours: it is on a
// subject where only ingest writes.
func (n *newsroom) poison(t *testing.T, count int) {
	t.Helper()
	nc, err := nats.Connect(n.url)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	for i := range count {
		if err := nc.Publish(article.SubjectIngested, fmt.Appendf(nil, "no record %d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := nc.FlushTimeout(10 * time.Second); err != nil {
		t.Fatal(err)
	}
}

// knock sends a file to the HTTP door and returns the status.
func knock(t *testing.T, address, source string, body []byte) int {
	t.Helper()
	resp, err := http.Post("http://"+address+"/inbox/"+source, "text/plain", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}
