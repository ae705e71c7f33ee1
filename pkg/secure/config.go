package secure

import (
	"bytes"
	"fmt"
	"strconv"
)

// account is the one that the desk's users and streams are in.
const account = "COPYDESK"

// config is what the server's configuration says.
type config struct {
	Options
	users     []user
	cert, key string
}

// render writes the configuration. Relative file names in it are relative to the folder
// that the server is started in.
func (c config) render() []byte {
	var b bytes.Buffer
	say := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	say(`# The NATS server of a copydesk, written by "copydesk secure init". Start it in this folder:
#
#   nats-server -c %s
#
# Each user below is known by the public half of its key and may do what its role needs.
# "copydesk secure check" says what a later version needs beside it.

server_name: copydesk
listen: %s
# Larger files travel through the object stores.
max_payload: 1MB
# A reader on a loaded machine may be slow for longer than the default of 10 s.
write_deadline: "30s"

jetstream {
  store_dir: %s
  max_file_store: %d
  # Scans and pulls keep small consumers in memory.
  max_memory_store: %d
`, ConfigFile, quote(c.Listen), quote(c.StoreDir), c.MaxStore, 256<<20)
	if c.Durable {
		say("  sync_interval: always\n")
	} else {
		say("  sync_interval: \"1s\"\n")
	}
	say("}\n\ntls {\n  cert_file: %s\n  key_file: %s\n", quote(c.cert), quote(c.key))
	say("}\n\naccounts {\n  %s {\n    jetstream: enabled\n    users: [\n", account)
	for _, u := range c.users {
		say("      # %s\n      {\n        nkey: %s\n        permissions {\n          publish {\n", u.Role, u.public)
		list(&b, "allow", u.allow())
		if len(u.Deny) > 0 {
			list(&b, "deny", u.Deny)
		}
		say("          }\n          subscribe {\n")
		list(&b, "allow", u.subscribe())
		say("          }\n        }\n      }\n")
	}
	say("    ]\n  }\n}\n")
	return b.Bytes()
}

func list(b *bytes.Buffer, name string, subjects []string) {
	fmt.Fprintf(b, "            %s: [\n", name)
	for _, s := range subjects {
		fmt.Fprintf(b, "              %s\n", quote(s))
	}
	fmt.Fprintln(b, "            ]")
}

func quote(s string) string { return strconv.Quote(s) }
