package run

import (
	"os"
	"testing"
)

// One test owns the process's signals, so it is not parallel.
func TestSignals_firstStopsSecondExits(t *testing.T) {
	code := make(chan int, 1)
	ctx, stop := signals(t.Context(), func(c int) { code <- c })
	defer stop()
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if err := self.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	<-ctx.Done()
	select {
	case c := <-code:
		t.Fatalf("exited with %d at the first signal", c)
	default:
	}
	if err := self.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if got := <-code; got != ExitKilled {
		t.Errorf("exit code %d, want %d", got, ExitKilled)
	}
}

func TestSignals_stopGivesThemBack(t *testing.T) {
	ctx, stop := signals(t.Context(), func(int) {})
	stop()
	if ctx.Err() == nil {
		t.Error("ctx lives on after stop")
	}
}
