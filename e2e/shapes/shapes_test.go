// Package shapes proves that a bank is the same bank in every shape, by what a customer, a processor and an operator
// see of the real program: its doors and its commands.
package shapes

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"farthing/e2e/program"
	"farthing/pkg/clock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var update = flag.Bool("update", false, "write the golden files anew")

// suite is a bank in one shape. The tests share it, in their order: those that stop or harm it come last.
type suite struct {
	*program.Bank

	replicas int             // Processes of each service; 0 if all services are in one.
	others   []program.Shape // Some that it has not.
}

// test is one thing that a bank does.
type test struct {
	does string
	run  func(*testing.T, *suite)
}

func TestABankIsTheSameInEveryShape(t *testing.T) {
	binary := program.Build(t)
	for _, each := range []struct {
		name     string
		shape    func(testing.TB) program.Shape
		replicas int
		before   []test
		others   []program.Shape
	}{
		{"one process", of(program.OneProcess), 0, nil, []program.Shape{program.ManyProcesses(), nowhere("")}},
		{"many processes", of(program.ManyProcesses), 1, nil, []program.Shape{program.OneProcess(), nowhere("")}},
		{"clustered", twice, 2, migrations(), []program.Shape{program.ManyProcesses(), nowhere("other_")}},
	} {
		t.Run(each.name, func(t *testing.T) {
			s := &suite{
				Bank: program.New(t, binary, each.shape(t)), replicas: each.replicas, others: each.others,
			}
			s.try(t, each.before)
			s.Start(t)
			for _, tests := range [][]test{
				customerTests(), programTests(), processorTests(), paymentTests(), settlementTests(), transferTests(),
				signUpTests(), operatorTests(), lifeTests(),
			} {
				s.try(t, tests)
			}
			s.try(t, endTests(s.replicas))
			s.try(t, []test{{"time is moved for every process, for ever", movesTime}})
		})
	}
}

func (s *suite) try(t *testing.T, tests []test) {
	t.Helper()
	for _, each := range tests {
		t.Run(each.does, func(t *testing.T) { each.run(t, s) })
	}
}

func of(shape func() program.Shape) func(testing.TB) program.Shape {
	return func(testing.TB) program.Shape { return shape() }
}

func twice(t testing.TB) program.Shape { return program.Clustered(t, "--replicas", "2") }

// nowhere is clustered on a Cassandra that nobody will come to ask.
func nowhere(prefix string) program.Shape {
	return program.ClusteredAt("127.0.0.1:1", "--prefix", prefix)
}

// soon is far more than anything takes that happens by itself, for a busy machine.
const soon = 2 * time.Minute

// eventually waits until something holds that happens by itself.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	for !holds() {
		if clock.Wait(ctx, 20*time.Millisecond) != nil {
			t.Fatalf("after %v it is not so: %s", soon, what)
		}
	}
}

// golden compares what was said with a file of testdata, the same for every shape.
func golden(t *testing.T, name, said string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(said), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), said); diff != "" {
		t.Errorf("%s:\n%s", name, diff)
	}
}

// decode reads JSON that must be as v.
func decode(t *testing.T, text string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), v); err != nil {
		t.Fatalf("%q is not as expected: %v", text, err)
	}
}

// sum is all of a counter.
func sum(counted map[string]int64) (all int64) {
	for _, n := range counted {
		all += n
	}
	return all
}

// distinct is what there is of something, once each.
func distinct[T any](all []T, of func(T) string) []string {
	var found []string
	for _, each := range all {
		found = append(found, of(each))
	}
	slices.Sort(found)
	return slices.Compact(found)
}
