package run

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// Signals returns a context that ends at the first SIGINT or SIGTERM. The second
// one ends the process at once with ExitKilled: whoever presses twice means it,
// and nothing is lost by it that the next start would not recover. stop gives the
// signals back.
func Signals(parent context.Context) (ctx context.Context, stop func()) {
	return signals(parent, os.Exit)
}

func signals(parent context.Context, exit func(int)) (context.Context, func()) {
	ctx, cancel := context.WithCancel(parent)
	got := make(chan os.Signal, 2)
	signal.Notify(got, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	over := make(chan struct{})
	go func() {
		defer close(over)
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			case <-got:
			}
			if n > 0 {
				exit(ExitKilled)
				return
			}
			cancel()
		}
	}()
	return ctx, func() {
		signal.Stop(got)
		close(done)
		<-over
		cancel()
	}
}
