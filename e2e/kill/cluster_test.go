package kill

import (
	"math/rand/v2"
	"testing"

	"farthing/e2e/program"
)

// nodePrefix names the keyspaces on a node that nobody else uses.
const nodePrefix = "kill_"

// wellAfter is how many swipes are answered before all is taken for well.
const wellAfter = 5 * hands

// between is how many services are killed between one kill of the Cassandra and the next.
const between = 3

func TestNothingIsLostHoweverOftenCassandraIsKilled(t *testing.T) {
	node := program.StartNode(t)
	b, traffic, began := started(t, program.ClusteredAt(node.Address, "--prefix", nodePrefix))
	traffic.Pause = manyPause
	finish := traffic.Start(t.Context())
	random := rand.New(rand.NewPCG(7, 8))
	kills := program.Count(t, rounds, 1)
	for round := range kills {
		for range between {
			live(t, random)
			b.KillProcess(t, anyOf(random, b.AwaitProcesses(t)))
		}
		live(t, random)
		b.AwaitProcesses(t)
		traffic.AwaitAnswers(t, wellAfter) // What follows falls among swipes.
		node.Kill()
		live(t, random)
		b.KillProcess(t, decide()[round%len(decide())]) // It starts while there is no store.
		node.Again(t)
		b.AwaitProcesses(t)
		traffic.AwaitAnswers(t, wellAfter)
	}
	b.Kill()
	b.Start(t)
	traffic.AwaitAnswers(t, hands)
	finish()

	t.Logf("Cassandra was killed %d times, and %d services", kills, kills*(between+1))
	enough(t, traffic, 2*wellAfter*kills)
	traffic.Agree(t, began)
}
