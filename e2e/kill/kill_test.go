// Package kill proves on the real program and a real disk that a bank which is killed loses nothing.
package kill

import (
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"farthing/e2e/program"
	"farthing/e2e/world"
	"farthing/pkg/clock"
)

// TestMain is an event server when it is called with a folder for one.
func TestMain(m *testing.M) {
	if folder := os.Getenv(eventsFolder); folder != "" {
		serveEvents(folder)
		return
	}
	goleak.VerifyTestMain(m)
}

// rounds says how often everything is killed.
const rounds = "FARTHING_TEST_KILLS"

const (
	// killsEach is how many times a bank is killed for each time that a Cassandra is.
	killsEach = 12
	hands     = 6
	// livesMin and livesMax are how long a bank lives before it is killed, from the moment its doors are open.
	livesMin = 30 * time.Millisecond
	livesMax = 400 * time.Millisecond
)

func TestNothingIsLostHoweverOftenTheBankIsKilled(t *testing.T) {
	kills := killsEach * program.Count(t, rounds, 1)
	b, traffic, began := started(t, program.OneProcess())
	finish := traffic.Start(t.Context())
	random := rand.New(rand.NewPCG(3, 4))
	for range kills {
		live(t, random)
		b.Kill()
		b.Start(t)
	}
	finish()

	enough(t, traffic, 10*kills)
	traffic.Agree(t, began)
}

// started is a bank in a shape that runs, the traffic that it is to have, and the time since which that is all it has.
func started(t *testing.T, shape program.Shape) (*program.Bank, *program.Traffic, int64) {
	t.Helper()
	b := program.New(t, program.Build(t), shape)
	b.Start(t)
	return b, &program.Traffic{Bank: b, Book: world.NewBook(), Name: "kill", Hands: hands}, clock.Real{}.Now().UnixMilli()
}

// live lets a bank live for a moment.
func live(t *testing.T, random *rand.Rand) {
	t.Helper()
	lives := livesMin + time.Duration(random.Int64N(int64(livesMax-livesMin)))
	if err := clock.Wait(t.Context(), lives); err != nil {
		t.Fatal(err)
	}
}

// enough complains of a test in which too little was answered.
func enough(t *testing.T, traffic *program.Traffic, swipes int) {
	t.Helper()
	if n := len(traffic.Book.Definite()); n < swipes {
		t.Errorf("only %d swipes were answered: the test proves little", n)
	}
}
