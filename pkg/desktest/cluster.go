package desktest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/natsembed"
)

// nodeVar turns a test binary into a node of a cluster: a process of its own, so that
// killing it is what it is in life.
const nodeVar = "COPYDESK_TEST_NODE"

// init makes every test binary that imports this package able to be a node.
func init() {
	spec := os.Getenv(nodeVar)
	if spec == "" {
		return
	}
	if err := runNode(spec); err != nil {
		fmt.Fprintln(os.Stderr, "cluster node:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// nodeSpec is what a node's process is told.
type nodeSpec struct {
	Dir, Listen string
	Cluster     natsembed.Cluster
}

// runNode runs a node until its standard input ends: with the test, if need be.
func runNode(spec string) error {
	var n nodeSpec
	if err := json.Unmarshal([]byte(spec), &n); err != nil {
		return err
	}
	srv, err := natsembed.Start(natsembed.Options{Dir: n.Dir, Listen: n.Listen, Cluster: &n.Cluster, Logger: stderrLogger()})
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	srv.Shutdown()
	return err
}

// Cluster is several nodes on loopback, each a process, joined by links that can be
// broken. Clients reach them by links too.
type Cluster struct {
	Nodes []*Node
	// Conn and JS are the test's own, by links that nobody breaks.
	Conn *nats.Conn
	JS   jetstream.JetStream

	t testing.TB
}

// Node is one server of a cluster.
type Node struct {
	Name   string
	Client string // host:port for clients

	spec   []byte
	routes []*Link // from and to the others
	t      testing.TB

	mu    sync.Mutex
	cmd   *exec.Cmd
	stdin io.Closer
}

// StartCluster starts n nodes that live as long as the test, and waits until they
// have a leader.
func StartCluster(t testing.TB, n int) *Cluster {
	t.Helper()
	c := &Cluster{t: t}
	dir := t.TempDir()
	routeAddrs := make([]string, n)
	for i := range n {
		c.Nodes = append(c.Nodes, &Node{Name: "node" + strconv.Itoa(i+1), Client: FreePort(t), t: t})
		routeAddrs[i] = FreePort(t)
	}
	for i, node := range c.Nodes {
		join := natsembed.Cluster{
			Name: "copydesk", Node: node.Name, Listen: routeAddrs[i],
			// The others know every way already, and must not find one round the links.
			Advertise: "127.0.0.1:1",
		}
		for j, other := range c.Nodes {
			if i == j {
				continue
			}
			link := NewLink(t, routeAddrs[j])
			join.Routes = append(join.Routes, link.Addr())
			node.routes, other.routes = append(node.routes, link), append(other.routes, link)
		}
		var err error
		node.spec, err = json.Marshal(nodeSpec{filepath.Join(dir, node.Name), node.Client, join})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, node := range c.Nodes {
		node.Start()
		t.Cleanup(node.Kill)
	}
	var urls []string
	for _, node := range c.Nodes {
		urls = append(urls, "nats://"+node.Client)
	}
	c.Conn, c.JS = reach(t, strings.Join(urls, ","))
	c.AwaitLeader()
	return c
}

// reach connects to servers that may not be up yet, and go down now and then.
func reach(t testing.TB, url string) (*nats.Conn, jetstream.JetStream) {
	t.Helper()
	nc, err := nats.Connect(url, nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond), nats.PingInterval(2*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return nc, js
}

// FreePort returns an address nobody listens on.
func FreePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// AwaitLeader waits until the cluster has a leader and every node is in it.
func (c *Cluster) AwaitLeader() {
	c.t.Helper()
	Wait(c.t, "the cluster to elect a leader", func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		info, err := c.JS.AccountInfo(ctx)
		return err == nil && info != nil
	})
}

// Provision declares a road, when there is a leader to do so.
func (c *Cluster) Provision(topo *bus.Topology) {
	c.t.Helper()
	Wait(c.t, "the road to be provisioned", func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		err := bus.Provision(ctx, c.JS, topo)
		if err != nil {
			c.t.Log(err)
		}
		return err == nil
	})
}

// Leader is the node that leads a stream, nil while none does.
func (c *Cluster) Leader(stream string) *Node {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	s, err := c.JS.Stream(ctx, stream)
	if err != nil || s.CachedInfo().Cluster == nil {
		return nil
	}
	for _, node := range c.Nodes {
		if node.Name == s.CachedInfo().Cluster.Leader {
			return node
		}
	}
	return nil
}

// Dial is a bus.Dialer to any node.
func (c *Cluster) Dial(t testing.TB) bus.Dialer {
	var urls []string
	for _, node := range c.Nodes {
		urls = append(urls, "nats://"+node.Client)
	}
	return bus.Dial(strings.Join(urls, ","), bus.Identity{}, Logger(t))
}

// Start starts the node's process, if it does not run.
func (n *Node) Start() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cmd != nil {
		return
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), nodeVar+"="+string(n.spec))
	cmd.Stderr = n.t.Output()
	stdin, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		n.t.Error(err)
		return
	}
	n.cmd, n.stdin = cmd, stdin
}

// Kill ends the process as a fault would: at once and without a word.
func (n *Node) Kill() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cmd == nil {
		return
	}
	_ = n.cmd.Process.Kill() // it may have died by itself
	_ = n.cmd.Wait()
	_ = n.stdin.Close()
	n.cmd = nil
}

// Pause stops the process where it is until Resume.
func (n *Node) Pause() { n.signal(syscall.SIGSTOP) }

// Resume lets a paused process go on.
func (n *Node) Resume() { n.signal(syscall.SIGCONT) }

func (n *Node) signal(s os.Signal) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cmd != nil {
		_ = n.cmd.Process.Signal(s) // it may have died by itself
	}
}

// Links are the ways between this node and the others.
func (n *Node) Links() []*Link { return n.routes }
