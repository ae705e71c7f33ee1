package desktest

import (
	"io"
	"net"
	"sync"
	"testing"
)

// Link is a TCP connection's way from one process to another, which can be broken: a
// proxy on loopback in front of an address.
type Link struct {
	to       string
	listener net.Listener
	wg       sync.WaitGroup

	mu     sync.Mutex
	state  linkState
	change chan struct{} // closed and replaced when state changes
	conns  map[net.Conn]bool
}

type linkState int

const (
	linkWhole linkState = iota
	linkSilent
	linkCut
	linkClosed
)

// NewLink opens a way to an address. It is closed when the test ends.
func NewLink(t testing.TB, to string) *Link {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &Link{to: to, listener: listener, change: make(chan struct{}), conns: map[net.Conn]bool{}}
	l.wg.Go(l.accept)
	t.Cleanup(func() {
		l.set(linkClosed)
		_ = listener.Close()
		l.wg.Wait()
	})
	return l
}

// Addr is where the way begins.
func (l *Link) Addr() string { return l.listener.Addr().String() }

// Cut closes what is connected and refuses more: both ends notice at once.
func (l *Link) Cut() { l.set(linkCut) }

// Silence holds back every byte: neither end hears from the other, and neither is
// told. What is held back arrives after Mend, as after a cable was pulled for a while.
func (l *Link) Silence() { l.set(linkSilent) }

// Mend makes the way whole again.
func (l *Link) Mend() { l.set(linkWhole) }

func (l *Link) set(s linkState) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state == linkClosed {
		return
	}
	l.state = s
	close(l.change)
	l.change = make(chan struct{})
	if s >= linkCut {
		for c := range l.conns {
			_ = c.Close() // its copying ends by it
		}
	}
}

// pass waits while the way is silent and reports whether it is whole then.
func (l *Link) pass() bool {
	for {
		l.mu.Lock()
		state, change := l.state, l.change
		l.mu.Unlock()
		if state != linkSilent {
			return state == linkWhole
		}
		<-change
	}
}

// hold notes a connection, unless the way is cut.
func (l *Link) hold(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state >= linkCut {
		_ = c.Close()
		return false
	}
	l.conns[c] = true
	return true
}

func (l *Link) drop(c net.Conn) {
	_ = c.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, c)
}

func (l *Link) accept() {
	for {
		in, err := l.listener.Accept()
		if err != nil {
			return
		}
		if l.hold(in) {
			l.wg.Go(func() { l.join(in) })
		}
	}
}

// join carries bytes both ways until either end is closed.
func (l *Link) join(in net.Conn) {
	defer l.drop(in)
	if !l.pass() {
		return
	}
	out, err := net.Dial("tcp", l.to)
	if err != nil || !l.hold(out) {
		return
	}
	defer l.drop(out)
	var both sync.WaitGroup
	for _, way := range []struct{ from, to net.Conn }{{in, out}, {out, in}} {
		both.Go(func() {
			// Either end's end is the other's.
			defer in.Close()
			defer out.Close()
			l.carry(way.to, way.from)
		})
	}
	both.Wait()
}

func (l *Link) carry(to io.Writer, from io.Reader) {
	b := make([]byte, 64<<10)
	for {
		n, err := from.Read(b)
		if n > 0 {
			if !l.pass() {
				return
			}
			if _, err := to.Write(b[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
