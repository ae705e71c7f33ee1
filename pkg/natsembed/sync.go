package natsembed

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nats-io/nats-server/v2/server"
)

// SyncDeclared returns when what streams and consumers are declared as is on the disk.
// Under bus.Durable it is at once; else the server syncs messages once a second and
// declarations never, and a power cut within half a minute of a stream's first
// declaration, when the kernel writes files out by itself, takes the whole stream. Call
// it after streams are declared: it is some dozens of syncs where anything is new, and
// next to nothing where nothing is.
func (s *Server) SyncDeclared() error {
	err := filepath.WalkDir(filepath.Join(s.opts.StoreDir, server.JetStreamStoreDir), func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // a reader's consumer that came and went
			return nil
		}
		if err != nil {
			return err
		}
		if !e.IsDir() && e.Name() != server.JetStreamMetaFile && e.Name() != server.JetStreamMetaFileSum {
			return nil
		}
		if err := syncFile(path); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
	if err == nil {
		err = syncFile(s.opts.StoreDir)
	}
	if err != nil {
		return fmt.Errorf("sync the declarations of streams: %w", err)
	}
	return nil
}

func syncFile(path string) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return f.Sync()
}
