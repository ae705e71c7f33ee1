package desk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/extract"
	"github.com/copydesk/copydesk/pkg/stage"
)

// ingestTimeout lets a large file finish. A child may take 10 s for each item and two
// minutes in all (isolate.Options); the runner tells a function to end after nine tenths
// of its timeout, and the rest is for fetching the file and sealing what came of it.
const ingestTimeout = 150 * time.Second

// buildIngest: a file of any format becomes articles.
func buildIngest(ctx context.Context, p *post) (stage.Func, fallback, error) {
	learn, err := newLearner(ctx, newSources(p.nc, p.js), p.d.o.Learning, p.d.o.Logger, p.d.metrics)
	if err != nil {
		return nil, nil, err
	}
	p.group.Go(func() error { return learn.run(ctx) })
	p.group.Go(func() error {
		if err := p.d.content.recall(ctx, p.js); err != nil && ctx.Err() == nil {
			p.d.o.Logger.Warn("metrics", "err", err) // of when sources were seen; the news goes on
		}
		return nil
	})
	erased, err := openErasures(ctx, p.js, p.d.o.Logger)
	if err != nil {
		return nil, nil, err
	}
	p.group.Go(func() error { return erased.follow(ctx) })
	p.group.Go(func() error {
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-erased.changed:
				learn.forget()
			}
		}
	})
	files := &reader{pool: p.d.pool, limits: extract.Limits{Raw: bus.MaxFile}}
	return func(ctx context.Context, in stage.In) ([]stage.Out, error) {
		started := p.now()
		file := p.incoming(in)
		if file.retry {
			if err := p.checkRetry(ctx, in); errors.Is(err, errNoRetry) {
				p.d.o.Logger.Warn("a retry that no dead letter stands behind is ignored", "stage", p.stage, "subject", in.Subject, "seq", in.Seq, "err", err)
				return nil, nil
			} else if err != nil {
				return nil, stage.Later(err, storeRetry)
			}
		}
		data, hints, err := p.unwrap(ctx, file.In)
		if err != nil {
			return nil, err
		}
		if !file.retry {
			p.d.content.arrived(hints.Source, hints.Lane, in.Stored)
		}
		if err := erased.file(data); err != nil {
			return nil, err
		}
		learn.brief(&hints)
		items, err := files.read(ctx, data, hints)
		var reject *extract.Reject
		if errors.As(err, &reject) {
			return nil, stage.Reject(reject.Code, article.Class(reject.Class), reject.Err)
		}
		if err != nil {
			return nil, err
		}
		if file.retry {
			if err := file.checkSplit(len(items)); err != nil {
				return nil, err
			}
		} else {
			learn.observe(hints, items)
		}
		outs := make([]stage.Out, 0, len(items))
		for i, item := range items {
			if !file.has(i) {
				continue
			}
			var out stage.Out
			if item.Reject != nil {
				out = p.bury(in, item.Reject, i, len(items))
			} else {
				a := item.Article
				a.Item = file.item(i)
				a.URI, a.Version = article.URI(a.Item), 1
				if out, err = p.seal(ctx, a, in, started, article.SubjectIngested, bus.MaxInline); err != nil {
					return nil, err
				}
				file.mark(out.Header, i, len(items))
				out.Stored = func() { p.d.content.article(a) }
			}
			out.Fresh = file.fresh(i)
			outs = append(outs, out)
		}
		return outs, nil
	}, nil, nil
}

// bury makes the dead letter of an item that could not be read, so that its neighbours
// in the file go on.
func (c *courier) bury(in stage.In, r *extract.Reject, index, count int) stage.Out {
	err := r.Err
	if len(r.Path) > 0 {
		err = fmt.Errorf("%s: %w", strings.Join(r.Path, " > "), err)
	}
	h := c.partHeaders(in, index, count)
	return stage.Out{Item: h.Get(article.HeaderItem), Header: h, Reject: &stage.RejectError{Code: r.Code, Class: article.Class(r.Class), Err: err}}
}

// unwrap returns an inbox message's file and what the sender said about it.
func (c *courier) unwrap(ctx context.Context, in stage.In) ([]byte, extract.Hints, error) {
	data := in.Data
	if ref := in.Header.Get(article.HeaderBlob); ref != "" {
		if !bus.RefOf(article.SourceOf(in.Subject), ref) {
			err := fmt.Errorf("read blob %q: %w of this source", ref, bus.ErrForeignRef)
			return nil, extract.Hints{}, stage.Reject(CodeBlobMissing, article.ClassInput, err)
		}
		var err error
		if data, err = c.fetch(ctx, ref); err != nil {
			return nil, extract.Hints{}, err
		}
	}
	if len(data) > bus.MaxFile {
		return nil, extract.Hints{}, stage.Reject(CodeTooLarge, article.ClassInput,
			fmt.Errorf("%d bytes, the limit is %d MiB: split the file", len(data), bus.MaxFile>>20))
	}
	event, data, err := article.ReadEvent(in.Header, data)
	if err != nil {
		return nil, extract.Hints{}, stage.Reject(CodeBadEvent, article.ClassInput, err)
	}
	h := extract.Hints{
		ContentType:     in.Header.Get(article.HeaderContentType),
		ContentEncoding: in.Header.Get(article.HeaderContentEncoding),
		URL:             in.Header.Get(article.HeaderContentLocation),
		Filename:        in.Header.Get(article.HeaderFilename),
		Language:        in.Header.Get(article.HeaderLanguage),
		Published:       in.Header.Get(article.HeaderPublished),
		Ref:             in.Header.Get(article.HeaderRef),
		Source:          article.SourceOf(in.Subject),
		Lane:            laneOf(in.Stream),
		Received:        in.Stored,
		Seq:             in.Seq,
	}
	if event != nil {
		if event.ContentType != "" {
			h.ContentType = event.ContentType
		}
		if h.Ref == "" {
			h.Ref = event.ID
		}
	}
	return data, h, nil
}
