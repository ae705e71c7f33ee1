package desk

import (
	"context"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/entity"
	"github.com/copydesk/copydesk/pkg/stage"
	"github.com/copydesk/copydesk/pkg/summary"
	"github.com/copydesk/copydesk/pkg/trace"
)

// enricher is a stage after dedupe: it fills its part of the record, and when it
// cannot it leaves the part out, says so and passes the article on. An article that
// was found new must not vanish because its names could not be read.
type enricher struct {
	post    *post
	fill    func(a *article.Article)
	leave   func(a *article.Article) // sets what a part that is left out looks like
	subject func(a *article.Article) string
	limit   int
	// stored is called once an article the stage has filled is published.
	stored func(ctx context.Context, a *article.Article)
}

func (e *enricher) work(ctx context.Context, in stage.In) ([]stage.Out, error) {
	return e.pass(ctx, in, e.fill)
}

func (e *enricher) passOn(ctx context.Context, in stage.In, _ *stage.Failure) ([]stage.Out, error) {
	return e.pass(ctx, in, func(a *article.Article) {
		e.leave(a)
		warn(a, e.post.stage+"_failed")
	})
}

func (e *enricher) pass(ctx context.Context, in stage.In, fill func(*article.Article)) ([]stage.Out, error) {
	started := e.post.now()
	a, err := e.post.open(ctx, in)
	if err != nil {
		return nil, err
	}
	if a.Coverage == nil {
		a.Coverage = &article.Coverage{}
	}
	if a.Dedupe != nil && a.Dedupe.Relation == article.Kill {
		// A notice that cancels an article has nothing in it to tag or to sum up.
		fill = e.leave
	}
	fill(a)
	out, err := e.post.seal(ctx, a, in, started, e.subject(a), e.limit)
	if err != nil {
		return nil, err
	}
	out.Stored = func() { e.stored(ctx, a) }
	return []stage.Out{out}, nil
}

// buildEntities: who, what and where, under the overrides of the desk.
func buildEntities(ctx context.Context, p *post) (stage.Func, fallback, error) {
	p.group.Go(func() error {
		entity.Load() // beside, so that the stage is ready at once
		return nil
	})
	over, err := openEntityOverrides(ctx, p.js, p.d.o.Logger, p.d.metrics.overridden(overridesOf[article.StageEntities]))
	if err != nil {
		return nil, nil, err
	}
	p.group.Go(func() error { return over.follow(ctx) })
	e := &enricher{
		post: p,
		fill: func(a *article.Article) {
			o := over.current.Load()
			entities, quotes, level := entity.TagUnder(o, a)
			a.Entities, a.Quotes, a.Coverage.Entities = entities, quotes, &level
			if rev := o.Rev(); rev != "" {
				a.EntitiesOverridesRev = &rev
			}
		},
		leave: func(a *article.Article) {
			none := article.None
			a.Entities, a.Quotes, a.Coverage.Entities = article.List[article.Entity]{}, article.List[article.Quote]{}, &none
		},
		subject: func(*article.Article) string { return article.SubjectTagged },
		limit:   bus.MaxInline,
		stored:  func(_ context.Context, a *article.Article) { p.d.content.tagged(a) },
	}
	return e.work, e.passOn, nil
}

// buildSummarize: the article in short.
func buildSummarize(_ context.Context, p *post) (stage.Func, fallback, error) {
	e := &enricher{
		post: p,
		fill: func(a *article.Article) {
			s, level, warnings := summary.Summarize(a, summary.Options{})
			s.Delta = summary.Delta(a)
			a.Summary, a.Coverage.Summary = s, &level
			for _, w := range warnings {
				warn(a, w)
			}
		},
		leave: func(a *article.Article) {
			none := article.None
			a.Coverage.Summary = &none
		},
		subject: func(a *article.Article) string {
			relation := article.New
			if a.Dedupe != nil {
				relation = a.Dedupe.Relation
			}
			return article.EnrichedSubject(a.Language, relation, a.Source.Name)
		},
		limit: maxWhole,
		// What it publishes is the finished record.
		stored: func(ctx context.Context, a *article.Article) {
			p.d.content.summed(a)
			p.d.content.item(a.Source.Name, a.Lane, itemEnriched)
			p.d.metrics.finished(false, a.Lane, p.now().Sub(a.Received), trace.SampledID(ctx))
		},
	}
	return e.work, e.passOn, nil
}
