package cassandra

import (
	"context"

	"github.com/gocql/gocql"

	"farthing/pkg/store"
)

// Spanning is false: what touches several partitions goes through the batch log, two more writes and a deletion for it.
func (e *engine) Spanning() bool { return false }

// Write puts and deletes rows: one by a simple write, several by a logged batch, which Cassandra finishes by itself
// once it has begun. Repeating it is harmless.
func (e *engine) Write(ctx context.Context, writes []store.Mutation) error {
	if len(writes) == 0 {
		return nil
	}
	session, end, err := e.store.begin(ctx, e.keyspace)
	if err != nil {
		return err
	}
	defer end()
	ctx, departed := departing(ctx)
	if err := e.send(ctx, session, writes); err != nil {
		return failure(err, writing, departed)
	}
	return nil
}

func (e *engine) send(ctx context.Context, session *gocql.Session, writes []store.Mutation) error {
	if len(writes) == 1 {
		s := e.mutation(writes[0])
		return session.Query(s.cql.String(), s.args...).WithContext(ctx).Exec()
	}
	batch := session.NewBatch(gocql.LoggedBatch).WithContext(ctx)
	for _, write := range writes {
		s := e.mutation(write)
		batch.Query(s.cql.String(), s.args...)
	}
	return session.ExecuteBatch(batch)
}

func (e *engine) mutation(m store.Mutation) *statement {
	if m.Delete {
		return deleting(e.keyspace, m.Table, m.Row)
	}
	return inserting(e.keyspace, m.Table, m.Row).ttl(m.TTL)
}
