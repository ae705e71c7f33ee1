package bus_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/s2"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/natsembed"
)

// onDisk reports whether a word is in the files below a folder, packed or not.
func onDisk(t *testing.T, dir string, word []byte) (plain, packed bool) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // the server has just renamed it
		}
		if err != nil {
			return err
		}
		plain = plain || bytes.Contains(b, word)
		if len(b) > 4 && string(b[:3]) == "cmp" {
			var out bytes.Buffer
			_, size := binary.Uvarint(b[4:])
			_, _ = out.ReadFrom(s2.NewReader(bytes.NewReader(b[4+size:]))) // a checksum follows
			packed = packed || bytes.Contains(out.Bytes(), word)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return plain, packed
}

// A message that is forgotten is not in the stream's files any more, even where the server
// has packed them.
func TestForget_writesOverTheBytes(t *testing.T) {
	t.Parallel()
	for name, compression := range map[string]jetstream.StoreCompression{"as they are": jetstream.NoCompression, "packed": jetstream.S2Compression} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := desktest.StartServer(t, natsembed.Options{Dir: dir})
			cfg := jetstream.StreamConfig{Name: "FILES", Subjects: []string{"files"}, Compression: compression, MaxBytes: 1 << 30}
			if _, err := s.JS.CreateStream(t.Context(), cfg); err != nil {
				t.Fatal(err)
			}
			word := []byte("Quillfeather-and-nobody-else")
			r := rand.New(rand.NewPCG(1, 2))
			noise := func() []byte {
				b := make([]byte, 512<<10)
				for i := range b {
					b[i] = byte(r.Uint32())
				}
				return b
			}
			// Enough that the first file of the stream is full, and packed.
			for i := range 48 {
				data := noise()
				if i == 2 {
					copy(data[1000:], word)
				}
				if _, err := s.JS.Publish(t.Context(), "files", data); err != nil {
					t.Fatal(err)
				}
			}
			// The file is packed a moment after it is full.
			desktest.Wait(t, "the word to be found", func() bool {
				plain, packed := onDisk(t, dir, word)
				return packed || plain && compression == jetstream.NoCompression
			})
			for range 2 { // one that is gone is forgotten already
				if err := bus.Forget(t.Context(), s.JS, "FILES", []uint64{3, 4000}); err != nil {
					t.Fatal(err)
				}
			}
			if plain, packed := onDisk(t, dir, word); plain || packed {
				t.Errorf("after: plain %v, packed %v", plain, packed)
			}
		})
	}
}
