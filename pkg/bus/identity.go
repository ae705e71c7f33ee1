package bus

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/nats-io/nats.go"
)

// Identity is how a client shows a server who it is, and how it knows the server. The
// zero value is nobody, over whatever the server speaks. Secrets are in files: what is on
// a command line is in every process list.
type Identity struct {
	// Token is the server's token. TokenFile is a file that holds it.
	Token, TokenFile string
	// Creds is a credentials file.
	Creds string
	// NKey is the file of a user's seed, or a folder with one such file for each
	// connection of a process, called <connection>.nk. The user's inboxes are below
	// InboxPrefix of its public key.
	NKey string
	// CA is a file of the certificates that may have signed the server's.
	CA string
}

// KeySuffix ends the name of a seed's file.
const KeySuffix = ".nk"

// InboxPrefix is where the inboxes of an nkey's user are. Each user has one of its own, so
// that no other can listen to the answers it gets.
func InboxPrefix(publicKey string) string { return "_INBOX_" + publicKey }

// Options returns the connection options for the connection of this name.
func (id Identity) Options(name string) ([]nats.Option, error) {
	var o []nats.Option
	token := id.Token
	if id.TokenFile != "" {
		b, err := os.ReadFile(id.TokenFile)
		if err != nil {
			return nil, fmt.Errorf("read the token for NATS: %w", err)
		}
		token = strings.TrimSpace(string(b))
	}
	if token != "" {
		o = append(o, nats.Token(token))
	}
	if id.Creds != "" {
		o = append(o, nats.UserCredentials(id.Creds))
	}
	if id.CA != "" {
		o = append(o, nats.RootCAs(id.CA))
	}
	if id.NKey == "" {
		return o, nil
	}
	path := id.NKey
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, name+KeySuffix)
	}
	key, err := nats.NkeyOptionFromSeed(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("read the nkey for NATS: %w", err)
	case err != nil:
		// The parser's own error might quote what it could not read.
		return nil, fmt.Errorf("read the nkey for NATS: %s does not hold the seed of a user", path)
	}
	var user nats.Options
	if err := key(&user); err != nil {
		return nil, fmt.Errorf("use the nkey %s: %w", path, err)
	}
	return append(o, key, nats.CustomInboxPrefix(InboxPrefix(user.Nkey))), nil
}

// publicURL is a NATS URL, or several, without the secrets it may hold.
func publicURL(servers string) string {
	list := strings.Split(servers, ",")
	for i, s := range list {
		if u, err := url.Parse(strings.TrimSpace(s)); err == nil && u.User != nil {
			u.User = url.User("xxxxx")
			list[i] = u.String()
		} else if at := strings.LastIndexByte(s, '@'); at >= 0 {
			list[i] = "xxxxx" + s[at:]
		}
	}
	return strings.Join(list, ",")
}
