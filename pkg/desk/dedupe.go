package desk

import (
	"context"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/stage"
)

// buildDedupe: an article gets its verdict and goes on, or aside.
func buildDedupe(ctx context.Context, p *post) (stage.Func, fallback, error) {
	d, err := newDecider(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	p.group.Go(func() error { return d.run(ctx) })
	return func(ctx context.Context, in stage.In) ([]stage.Out, error) {
		started := p.now()
		a, err := p.open(ctx, in)
		if err != nil {
			return nil, err
		}
		verdict, err := d.decide(ctx, a)
		if err != nil {
			return nil, stage.Later(err, storeRetry)
		}
		verdict.Apply(a)
		subject, kind := article.SubjectUnique, ""
		if a.Dedupe.Relation.Stops() {
			subject, kind = article.DuplicateSubject(a.Dedupe.Relation, a.Source.Name), "duplicate"
		}
		out, err := p.seal(ctx, a, in, started, subject, maxWhole)
		if err != nil {
			return nil, err
		}
		received, method := a.Received, a.Dedupe.Method
		out.Stored = func() {
			if kind != "" {
				p.d.metrics.latency(kind, p.now().Sub(received))
				p.d.metrics.match(method)
			}
		}
		return []stage.Out{out}, nil
	}, nil, nil
}
