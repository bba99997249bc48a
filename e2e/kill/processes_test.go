package kill

import (
	"math/rand/v2"
	"testing"
	"time"

	"farthing/e2e/program"
	"farthing/pkg/foundation"
)

// manyPause keeps what is swiped in a test of many kills within what an audit can look through.
const manyPause = 20 * time.Millisecond

// supervisor stands for the process that keeps the others running: they go with it.
const supervisor = ""

// decide are the services whose death in the middle of a swipe matters most.
func decide() []string {
	return []string{"service.balance", "service.transactions", "service.card-processing"}
}

func TestNothingIsLostWhicheverProcessIsKilled(t *testing.T) {
	const times, supervisors = 2, 3
	b, traffic, began := started(t, program.ManyProcesses())
	traffic.Pause = manyPause
	var victims []string
	for _, process := range b.AwaitProcesses(t) {
		victims = append(victims, process.Name)
	}
	for range times - 1 {
		victims = append(victims, decide()...)
	}
	for range supervisors {
		victims = append(victims, supervisor)
	}

	finish := traffic.Start(t.Context())
	random := rand.New(rand.NewPCG(5, 6))
	random.Shuffle(len(victims), func(i, j int) { victims[i], victims[j] = victims[j], victims[i] })
	for _, victim := range victims {
		live(t, random)
		kill(t, b, victim)
	}
	b.AwaitProcesses(t)
	traffic.AwaitAnswers(t, hands)
	finish()

	t.Logf("%d processes were killed", len(victims))
	enough(t, traffic, 5*len(victims))
	traffic.Agree(t, began)
}

func kill(t *testing.T, b *program.Bank, victim string) {
	t.Helper()
	if victim == supervisor {
		b.Kill()
		b.Start(t)
		return
	}
	b.KillProcess(t, victim)
}

// anyOf is the name of one of the processes.
func anyOf(random *rand.Rand, all []foundation.Status) string { return all[random.IntN(len(all))].Name }
