package cassandra

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/gocql/gocql"

	"farthing/pkg/store"
)

// answer is a server's refusal with a code.
type answer int

func (a answer) Code() int     { return int(a) }
func (answer) Message() string { return "refused" }
func (answer) Error() string   { return "refused" }

func TestAFailureIsUnknownUnlessItProvesThatNothingWasDone(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		what kind
		left bool
		want error
	}{
		{"no connection", gocql.ErrNoConnections, writing, false, store.ErrUnavailable},
		{"no connection for a decision", gocql.ErrNoConnections, deciding, false, store.ErrUnavailable},
		{"no stream was free", gocql.ErrNoStreams, deciding, false, store.ErrUnavailable},
		{"the context ended before the send", context.Canceled, deciding, false, store.ErrUnavailable},
		{"the context ended after the send", context.DeadlineExceeded, deciding, true, store.ErrUnknown},
		{"no answer", gocql.ErrTimeoutNoResponse, writing, true, store.ErrUnknown},
		{"a closed connection", gocql.ErrConnectionClosed, deciding, true, store.ErrUnknown},
		{"a broken connection", io.ErrUnexpectedEOF, deciding, true, store.ErrUnknown},
		{"too few replicas", answer(gocql.ErrCodeUnavailable), deciding, true, store.ErrUnavailable},
		{"too few replicas for a plain write", answer(gocql.ErrCodeUnavailable), writing, true, store.ErrUnavailable},
		{"overloaded", answer(gocql.ErrCodeOverloaded), deciding, true, store.ErrUnavailable},
		{"overloaded by hints", answer(gocql.ErrCodeOverloaded), writing, true, store.ErrUnknown},
		{"a write time-out", answer(gocql.ErrCodeWriteTimeout), deciding, true, store.ErrUnknown},
		{"a write failure", answer(gocql.ErrCodeWriteFailure), deciding, true, store.ErrUnknown},
		{"a read time-out of a decision", answer(gocql.ErrCodeReadTimeout), deciding, true, store.ErrUnknown},
		{"a read failure of a decision", answer(gocql.ErrCodeReadFailure), deciding, true, store.ErrUnknown},
		{"an unknown compare-and-set", answer(gocql.ErrCodeCASWriteUnknown), deciding, true, store.ErrUnknown},
		{"a server's own error", answer(gocql.ErrCodeServer), deciding, true, store.ErrUnknown},
		{"a table that is not there", answer(gocql.ErrCodeInvalid), deciding, true, store.ErrInvalid},
		{"a read time-out", answer(gocql.ErrCodeReadTimeout), reading, true, store.ErrUnavailable},
		{"a read that was not answered", gocql.ErrTimeoutNoResponse, reading, true, store.ErrUnavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := new(departure)
			if c.left {
				d.StreamStarted(gocql.ObservedStream{})
			}
			if got := failure(c.err, c.what, d); !errors.Is(got, c.want) || !errors.Is(got, c.err) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestUnsafeSettingsAreNamed(t *testing.T) {
	safe := map[string]string{"commitlog_sync": "batch", "commitlog_disk_access_mode": "legacy", "paxos_variant": "v2"}
	if found := unsafeIn(safe); len(found) > 0 {
		t.Errorf("a safe node: %v", found)
	}
	unsafe := map[string]string{
		"commitlog_sync": "periodic", "commitlog_disk_access_mode": "direct", "paxos_variant": "v1",
		"commitlog_compression.class_name": "LZ4Compressor",
	}
	found := strings.Join(unsafeIn(unsafe), "\n")
	for setting, value := range unsafe {
		if !strings.Contains(found, setting+` is "`+value+`"`) {
			t.Errorf("%s is not named in\n%s", setting, found)
		}
	}
}

func FuzzReadPlace(f *testing.F) {
	type row struct {
		Owner string `store:"1,partition"`
		At    int64  `store:"2,clustering"`
		Last  bool   `store:"3,clustering,desc"`
	}
	spec := store.PlainTable[row]("rows").Spec()
	f.Add(placeOf(spec, store.Row{"o", int64(5), true}, spec.Clustering))
	f.Add(placeOf(spec, store.Row{"", int64(-1), false}, nil))
	f.Add("e30")
	f.Fuzz(func(t *testing.T, text string) {
		partition, clustering, err := readPlace(spec, text)
		if err != nil || partition == nil {
			return
		}
		full := append(store.Row{partition[0]}, clustering...)
		again, key, err := readPlace(spec, placeOf(spec, full, spec.Clustering[:len(clustering)]))
		if err != nil || again[0] != partition[0] || len(key) != len(clustering) {
			t.Errorf("%q read back as %v %v, %v", text, again, key, err)
		}
	})
}
