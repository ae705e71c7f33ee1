// Package secure writes what keeps strangers out of a desk: the configuration of a NATS
// server on which each worker is a user of its own that may do its own work and nothing
// else, the users' secrets, and certificates. What a user may do is not decided here: see
// desk.Accesses.
//
// Secrets are only ever in files that their owner alone can read. No function returns or
// reports one.
package secure

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nats-io/nkeys"

	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
)

// The files of a folder that Init has written. The users' seeds are KeyDir/<role>.nk.
const (
	ConfigFile    = "nats.conf"
	KeyDir        = "keys"
	CAFile        = "tls/ca.pem"
	CAKeyFile     = "tls/ca-key.pem"
	ServerFile    = "tls/server.pem"
	ServerKeyFile = "tls/server-key.pem"
)

// Options say what to write.
type Options struct {
	// Accesses are the users.
	Accesses []desk.Access
	// Listen is the server's host:port for clients.
	Listen string
	// StoreDir is the server's folder for streams, and MaxStore their limit in bytes.
	StoreDir string
	MaxStore int64
	// Hosts are the names and addresses by which clients know the server.
	Hosts []string
	// CertFile, KeyFile and CAFile are certificates of one's own. Empty makes new ones.
	CertFile, KeyFile, CAFile string
	// Durable has the server sync before it acknowledges.
	Durable bool
	// Force writes over what is there: all keys and certificates are new then.
	Force bool
	// Keep uses the keys and certificates that are there, adds those that are missing, and
	// writes the configuration anew.
	Keep bool
}

// ErrExists means that a file is there already.
var ErrExists = errors.New("is there already")

// Init writes a folder and returns the names of the files it wrote, in order. Unless it is
// told to, it writes over nothing, and checks that before it writes anything.
func Init(dir string, o Options) (written []string, err error) {
	users := make([]user, len(o.Accesses))
	for i, a := range o.Accesses {
		users[i] = user{Access: a, file: filepath.Join(KeyDir, a.Role+bus.KeySuffix)}
	}
	slices.SortFunc(users, func(a, b user) int { return strings.Compare(a.Role, b.Role) })
	w := &writer{dir: dir, o: o}
	if err := w.free(users); err != nil {
		return nil, err
	}
	for _, sub := range []string{KeyDir, filepath.Dir(CAFile)} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, fmt.Errorf("make folder for keys: %w", err)
		}
	}
	for i := range users {
		if users[i].public, err = w.key(users[i].file); err != nil {
			return w.written, err
		}
	}
	c := config{Options: o, users: users, cert: ServerFile, key: ServerKeyFile}
	if o.CertFile != "" {
		c.cert, c.key = o.CertFile, o.KeyFile
	} else if err := w.certificates(); err != nil {
		return w.written, err
	}
	return w.written, w.file(ConfigFile, c.render(), 0o600)
}

// user is a user of the server.
type user struct {
	desk.Access
	file   string // of its seed
	public string
}

// allow is what a user may publish to, its own inboxes filled in.
func (u user) allow() []string {
	list := make([]string, len(u.Publish))
	for i, s := range u.Publish {
		list[i] = strings.ReplaceAll(s, desk.OwnInbox, bus.InboxPrefix(u.public)+".>")
	}
	return list
}

// subscribe is what a user may subscribe to: its own inboxes, and what its role hears.
func (u user) subscribe() []string {
	return append([]string{bus.InboxPrefix(u.public) + ".>"}, u.Subscribe...)
}

// writer writes files and notes which.
type writer struct {
	dir     string
	o       Options
	written []string
}

// free reports the first file that would be written over.
func (w *writer) free(users []user) error {
	if w.o.Force || w.o.Keep {
		return nil
	}
	files := []string{ConfigFile}
	if w.o.CertFile == "" {
		files = append(files, CAFile, CAKeyFile, ServerFile, ServerKeyFile)
	}
	for _, u := range users {
		files = append(files, u.file)
	}
	for _, f := range files {
		if _, err := os.Lstat(filepath.Join(w.dir, f)); err == nil {
			return fmt.Errorf("write %s: %w", filepath.Join(w.dir, f), ErrExists)
		}
	}
	return nil
}

// file writes one file whole: a reader sees the old one or the new one.
func (w *writer) file(name string, data []byte, mode fs.FileMode) (err error) {
	path := filepath.Join(w.dir, name)
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // readable to the owner alone
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			_ = f.Close() // the first error counts
			_ = os.Remove(f.Name())
		}
	}()
	if _, err = f.Write(data); err == nil {
		err = f.Chmod(mode)
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	w.written = append(w.written, name)
	return nil
}

// key makes a user's seed, or keeps the one that is there, and returns its public key.
func (w *writer) key(name string) (public string, err error) {
	if w.o.Keep {
		public, err := publicKey(filepath.Join(w.dir, name))
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return public, err
		}
	}
	pair, err := nkeys.CreateUser()
	if err != nil {
		return "", fmt.Errorf("make nkey: %w", err)
	}
	defer pair.Wipe()
	seed, err := pair.Seed()
	if err != nil {
		return "", fmt.Errorf("make nkey: %w", err)
	}
	if public, err = pair.PublicKey(); err != nil {
		return "", fmt.Errorf("make nkey: %w", err)
	}
	return public, w.file(name, append(seed, '\n'), 0o600)
}

// publicKey reads the public key of a seed's file.
func publicKey(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read nkey: %w", err)
	}
	pair, err := nkeys.ParseDecoratedUserNKey(b)
	if err != nil {
		return "", fmt.Errorf("read nkey: %s does not hold the seed of a user", path)
	}
	defer pair.Wipe()
	return pair.PublicKey()
}
