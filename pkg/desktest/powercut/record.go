package powercut

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Log is what a program did to a folder.
type Log struct {
	Calls []Call
	// CutOff are the paths in calls in which a process was killed. Whether those did
	// anything is not known, so Calls does not have them.
	CutOff []string
}

// Record runs a command to its end under strace, with every process it starts, and
// returns what they did to the files below root and wrote to the file marks, which is
// elsewhere. Root must exist and be empty. One process only may work below root, and must
// be killed or have ended when the command ends. The command must not have been started;
// whether it did well is for the caller to say by its own means, for a killed one did not.
//
// A mark's place is its order: what strace saw before it had happened when it was
// written. So a program that writes a mark after it was told something sets the latest
// point at which it had been told.
func Record(cmd *exec.Cmd, root, marks, scratch string) (*Log, error) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		return nil, fmt.Errorf("record a program's calls: %w (scripts/setup installs it; on Debian, `apt-get install strace`)", err)
	}
	if root, err = filepath.EvalSymlinks(root); err != nil {
		return nil, fmt.Errorf("record a program's calls: %w", err)
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(marks)); err == nil {
		marks = filepath.Join(dir, filepath.Base(marks))
	}
	path := filepath.Join(scratch, "strace.log")
	// Only these calls stop the program: a filter in the kernel lets all others through.
	args := []string{strace, "-f", "--seccomp-bpf", "-qq", "-y", "-xx", "-ttt", "-s", "67108864", "-e", "signal=none", "-e", "trace=" + traced, "-o", path}
	cmd.Args = append(append(args, "--"), append([]string{cmd.Path}, cmd.Args[1:]...)...)
	cmd.Path = strace
	if err := cmd.Run(); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			return nil, fmt.Errorf("record a program's calls: %w", err)
		}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("record a program's calls: %w", err)
	}
	defer f.Close()
	return read(f, root, marks)
}
