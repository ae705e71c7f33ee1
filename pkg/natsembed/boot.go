package natsembed

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/nats-io/nats-server/v2/server"
)

// bootName is the file that says since which start of the machine a folder is in use.
const bootName = "boot"

// Restarted reports whether the machine has been started anew since NoteBoot last noted
// its start in a folder with streams. Only then can a server have lost what it had
// written: a process that is killed leaves all of it to the kernel. Where the system does
// not tell one start from another, it says yes.
func Restarted(dir string) (bool, error) {
	if _, err := os.Stat(filepath.Join(dir, server.JetStreamStoreDir)); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	noted, err := os.ReadFile(filepath.Join(dir, bootName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("read when the machine was started: %w", err)
	}
	now := boot()
	return now == "" || string(noted) != now, nil
}

// NoteBoot notes the machine's start in a folder.
func NoteBoot(dir string) error {
	path := filepath.Join(dir, bootName)
	err := os.MkdirAll(dir, 0o755)
	if err == nil {
		err = os.WriteFile(path, []byte(boot()), 0o644)
	}
	if err == nil {
		err = syncFile(path)
	}
	if err != nil {
		return fmt.Errorf("note when the machine was started: %w", err)
	}
	return nil
}

// boot identifies the machine's start, and is empty where the system does not.
func boot() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
