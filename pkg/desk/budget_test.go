package desk

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/copydesk/copydesk/pkg/stage"
)

func TestBudget_largeArticlesWaitForEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var working, most, finished atomic.Int64
		work := newBudget().bound(func(ctx context.Context, _ stage.In) ([]stage.Out, error) {
			const bytes = largeBytes / 2
			if err := take(ctx, bytes); err != nil {
				return nil, err
			}
			// A second blob, of the version before, is not waited for.
			if err := take(ctx, 4*largeBytes); err != nil {
				return nil, err
			}
			if n := working.Add(1); n > most.Load() {
				most.Store(n)
			}
			time.Sleep(time.Second)
			working.Add(-1)
			finished.Add(1)
			return nil, nil
		})
		for range 10 {
			go func() {
				if _, err := work(t.Context(), stage.In{}); err != nil {
					t.Error(err)
				}
			}()
		}
		time.Sleep(5*time.Second + time.Millisecond)
		if most.Load() != 2 || finished.Load() != 10 {
			t.Errorf("%d at a time, and %d finished; want 2 and 10", most.Load(), finished.Load())
		}
	})
}

func TestBudget_oneThatWaitsTooLongIsGivenBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBudget()
		work := b.bound(func(ctx context.Context, _ stage.In) ([]stage.Out, error) { return nil, take(ctx, 1) })
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		hog := b.bound(func(ctx context.Context, _ stage.In) ([]stage.Out, error) {
			if err := take(ctx, 100*largeBytes); err != nil { // more than there is: all of it
				return nil, err
			}
			<-ctx.Done()
			return nil, nil
		})
		go func() { _, _ = hog(ctx, stage.In{}) }()
		synctest.Wait()
		if _, err := work(t.Context(), stage.In{}); !errors.Is(err, errLarge) {
			t.Errorf("%v, want errLarge", err)
		}
		cancel()
		synctest.Wait()
		if _, err := work(t.Context(), stage.In{}); err != nil {
			t.Errorf("after the other is done: %v", err)
		}
	})
}
