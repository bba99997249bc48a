package jetstream

import (
	"context"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nuid"
)

// Bounds of one round.
const (
	// batchFrom is from how many messages on a batch is quicker than as many messages alone. The server syncs a batch
	// once, but makes files for it: measured, a batch takes as long as about ten messages.
	batchFrom = 10

	maxRound      = 1_000   // Messages; the server's own limit to a batch.
	maxRoundBytes = 8 << 20 // About.
)

// A committer is a stream's queue of what is to be published. What comes while a round is under way goes in the next,
// so many publishers share one batch, and one sync, as they would share a group commit.
type committer struct {
	busy    bool
	waiting []*publication
}

// publication is one Publish's part for one stream.
type publication struct {
	messages []*nats.Msg
	outcome  outcome
	done     chan struct{} // Closed when the outcome is there.
}

// enqueue has the messages published in the next round of their stream.
func (b *Bus) enqueue(ctx context.Context, stream string, messages []*nats.Msg) *publication {
	p := &publication{messages: messages, done: make(chan struct{})}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closing {
		p.outcome.add(nats.ErrConnectionClosed)
		close(p.done)
		return p
	}
	c, ok := b.committers[stream]
	if !ok {
		c = &committer{}
		b.committers[stream] = c
	}
	c.waiting = append(c.waiting, p)
	if !c.busy {
		c.busy = true
		ctx = context.WithoutCancel(ctx) // The rounds are others' too.
		b.rounds.Go(func() { b.commitAll(ctx, c) })
	}
	return p
}

// commitAll goes round until nothing waits.
func (b *Bus) commitAll(ctx context.Context, c *committer) {
	for round := b.nextRound(c); len(round) > 0; round = b.nextRound(c) {
		b.commit(ctx, round)
		for _, p := range round {
			close(p.done)
		}
	}
}

// nextRound takes what waits, up to the bounds of a round.
func (b *Bus) nextRound(c *committer) []*publication {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, messages, bytes := 0, 0, 0
	for ; n < len(c.waiting); n++ {
		messages += len(c.waiting[n].messages)
		for _, m := range c.waiting[n].messages {
			bytes += len(m.Data)
		}
		if n > 0 && (messages > maxRound || bytes > maxRoundBytes) {
			break
		}
	}
	round := c.waiting[:n:n]
	c.waiting = c.waiting[n:]
	c.busy = n > 0
	return round
}

// commit publishes a round, and writes down what became of it.
func (b *Bus) commit(ctx context.Context, round []*publication) {
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	messages := make([]*nats.Msg, 0, len(round))
	for _, p := range round {
		messages = append(messages, p.messages...)
	}
	if len(messages) < batchFrom || !b.sendBatch(ctx, messages, round) {
		b.sendEach(ctx, round)
	}
}

// sendBatch publishes all messages or none. It is not done when the server refused the batch as such.
func (b *Bus) sendBatch(ctx context.Context, messages []*nats.Msg, round []*publication) (done bool) {
	id := nuid.Next()
	last := len(messages) - 1
	for n, m := range messages {
		m = &nats.Msg{Subject: m.Subject, Data: m.Data, Header: nats.Header{
			"Nats-Batch-Id": {id}, "Nats-Batch-Sequence": {strconv.Itoa(n + 1)},
		}}
		var err error
		if n < last {
			err = b.conn.PublishMsg(m)
		} else {
			m.Header["Nats-Batch-Commit"] = []string{"1"}
			err = b.acks.send(b.conn, m).wait(ctx)
			if wasRejected(err) {
				return false
			}
		}
		if err != nil || n == last {
			for _, p := range round {
				p.outcome.add(err)
			}
			return true
		}
	}
	return true
}

// sendEach publishes messages one by one, without waiting between them.
func (b *Bus) sendEach(ctx context.Context, round []*publication) {
	waits := make([]ack, 0, len(round))
	for _, p := range round {
		for _, m := range p.messages {
			waits = append(waits, b.acks.send(b.conn, m))
		}
	}
	for _, p := range round {
		for range p.messages {
			p.outcome.add(waits[0].wait(ctx))
			waits = waits[1:]
		}
		if p.outcome.failure != nil {
			b.forgetStreams() // One may be gone: look when it is next wanted.
		}
	}
}
