package handler

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"farthing/pkg/audit"
	"farthing/service.balance/logic"
	"farthing/service.balance/storage"
)

// looked is how many buckets of accounts with a long past the audit that never ends has gone through in one round.
func (a *auditor) looked(t *testing.T) (buckets int) {
	t.Helper()
	const most = 5
	if _, err := a.accounts(t.Context(), window{audit.Window{Limit: 100}, most}); err != nil {
		t.Fatal(err)
	}
	for ; len(a.long) > 0; buckets++ {
		a.bucket(t.Context())
	}
	return buckets
}

// counted is a counter that can be read.
type counted struct {
	prometheus.Counter
	n int
}

func (c *counted) Inc() { c.n++ }

func TestALongPastIsAuditedABucketAtATime(t *testing.T) {
	b, a := audited(t, logic.RollingAt(3))
	mismatches := &counted{}
	a.mismatches = mismatches
	if buckets := a.looked(t); buckets < 5 {
		t.Errorf("it took %d buckets: it proves little", buckets)
	}
	if mismatches.n != 0 {
		t.Fatalf("%d faults were found", mismatches.n)
	}
	spec := storage.Schema().Tables[0].Spec()
	for _, row := range walked(t, b.engine.Walk, spec) {
		if value(spec, row, "account") != b.account || value(spec, row, "entry_sequence") != int64(8) {
			continue
		}
		for _, column := range spec.Regular {
			if spec.Columns[column].Name == "posted_after" {
				row[column] = flipped(row[column])
			}
		}
		overwrite(t, b.engine, spec, row, false)
	}
	a.looked(t)
	if mismatches.n != 1 {
		t.Errorf("%d faults were found after a change, want 1", mismatches.n)
	}
}
