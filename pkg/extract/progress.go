package extract

import "context"

type progressKey struct{}

// WithProgress returns a context under which File calls f as it gets on with a file:
// for each part it begins and each item it has. Whoever watches over the time it takes
// can tell a large file from one that hangs. f is called from File's goroutine.
func WithProgress(ctx context.Context, f func()) context.Context {
	return context.WithValue(ctx, progressKey{}, f)
}

func progressOf(ctx context.Context) func() {
	if f, ok := ctx.Value(progressKey{}).(func()); ok {
		return f
	}
	return func() {}
}
