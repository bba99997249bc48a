//go:build verify

package verify

import (
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"farthing/e2e/program"
	"farthing/e2e/world"
	"farthing/pkg/clock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	// hands are many: what a kill loses was acknowledged in the tenth of a second before.
	hands = 48
	// swipes are answered before each kill.
	swipes = 10 * hands
	// killsMax is how many kills the default commit log may survive. It rarely survives two.
	killsMax = 8
)

// TestOnlyTheCommitLogThatSyncsEachWriteSurvivesKills is the control of e2e/kill: the same kills on Cassandra's default
// commit log lose what was acknowledged, and an audit says so.
func TestOnlyTheCommitLogThatSyncsEachWriteSurvivesKills(t *testing.T) {
	for sync, loses := range map[string]bool{"periodic": true, "batch": false} {
		t.Run(sync, func(t *testing.T) {
			lost := killed(t, sync)
			t.Logf("%d findings, such as %v", len(lost), lost[:min(len(lost), 3)])
			if (len(lost) > 0) != loses {
				t.Errorf("with the commit log %s %d findings: %v", sync, len(lost), lost)
			}
		})
	}
}

// killed kills a Cassandra under load until something is lost, or often, and answers what an audit finds.
func killed(t *testing.T, sync string) []world.Finding {
	t.Helper()
	node := program.StartNode(t, "CASSANDRA_COMMITLOG_SYNC="+sync)
	b := program.New(t, program.Build(t), program.ClusteredAt(node.Address, "--prefix", "verify_", "--allow-unsafe"))
	b.Start(t)
	began := clock.Real{}.Now().UnixMilli()
	traffic := &program.Traffic{Bank: b, Book: world.NewBook(), Name: "verify", Hands: hands, Once: true}
	for n := range killsMax {
		traffic.Name = "verify-" + string(rune('a'+n))
		finish := traffic.Start(t.Context())
		traffic.AwaitAnswers(t, swipes)
		node.Kill()
		answered := traffic.Book.Definite()
		finish()
		node.Again(t)
		well(t, traffic, n)
		if lost := audit(b.Look(t, began), answered); len(lost) > 0 {
			t.Logf("kill %d, after %d answers", n+1, len(answered))
			return lost
		}
	}
	return nil
}

// well waits until the bank answers again, with a swipe now and then.
func well(t *testing.T, traffic *program.Traffic, n int) {
	t.Helper()
	probe := &program.Traffic{
		Bank: traffic.Bank, Book: world.NewBook(), Name: "verify-probe-" + string(rune('a'+n)), Hands: 1,
		Pause: 100 * time.Millisecond,
	}
	finish := probe.Start(t.Context())
	defer finish()
	probe.AwaitAnswers(t, 1)
}

// audit is what was answered and is gone. Feed and phone have not caught up yet, and are not asked.
func audit(records world.Records, answered []world.Page) []world.Finding {
	return slices.DeleteFunc(world.Audit(records, answered, false), func(f world.Finding) bool {
		return strings.HasSuffix(f.Text, "has no feed item") || strings.HasSuffix(f.Text, "was not pushed")
	})
}
