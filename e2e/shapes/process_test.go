package shapes

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"farthing/cmd/farthing/bank"
	"farthing/e2e/program"
	"farthing/e2e/world"
	"farthing/pkg/clock"
)

// endTests leave no bank that runs.
func endTests(replicas int) []test {
	if replicas == 0 {
		return []test{{"a bank that is terminated drains", drains}}
	}
	return []test{
		{"replicas take turns", takesTurns},
		{"a process that dies is started again, and every swipe is answered", startsAgain},
	}
}

func drains(t *testing.T, s *suite) {
	s.Stop(t)
	if said := s.Errors(); said != "" {
		t.Errorf("a bank that is well and stops says %s", said)
	}
}

// takesTurns wants requests of every service that is called to have gone to each of its processes.
func takesTurns(t *testing.T, s *suite) {
	for range 4 * s.replicas {
		if !s.swipes(t) {
			t.Fatal("a swipe was not approved")
		}
	}
	for _, service := range []string{
		"service.balance", "service.cards", "service.card-processing", "service.transactions", "service.feed",
	} {
		eventually(t, "every process of "+service+" had requests", func() bool {
			answered := s.Metrics(t).Counted("rpc_requests_total", "service", service)
			for _, process := range s.wanted() {
				if (process == service || strings.HasPrefix(process, service+"-2")) && answered[process] == 0 {
					return false
				}
			}
			return true
		})
	}
}

// startsAgain kills one process of each service in turn, under light traffic.
func startsAgain(t *testing.T, s *suite) {
	began := clock.Real{}.Now().UnixMilli()
	traffic := &program.Traffic{
		Bank: s.Bank, Book: world.NewBook(), Name: "shapes", Hands: 3, Pause: 20 * time.Millisecond,
	}
	finish := traffic.Start(t.Context())
	for _, service := range bank.Services() {
		before := s.restarts(t, service.Name)
		s.KillProcess(t, service.Name)
		eventually(t, service.Name+" was started again", func() bool { return s.restarts(t, service.Name) > before })
		s.AwaitProcesses(t)
		answered(t, traffic.Book)
	}
	finish()
	s.wantOneRestartEach(t)
	s.wantEachEndOnce(t)
	traffic.Agree(t, began)
}

// answered waits until every swipe that was asked for has an answer.
func answered(t *testing.T, book *world.Book) {
	t.Helper()
	open := book.Unknown()
	eventually(t, "every swipe is answered once the process is there again", func() bool {
		left := book.Unknown()
		return !slices.ContainsFunc(open, func(p world.Page) bool {
			return slices.ContainsFunc(left, func(other world.Page) bool { return other.ID == p.ID })
		})
	})
}

func (s *suite) restarts(t *testing.T, name string) int {
	t.Helper()
	for _, p := range s.Processes(t) {
		if p.Name == name {
			return p.Restarts
		}
	}
	t.Fatalf("there is no process %s", name)
	return 0
}

func (s *suite) wantOneRestartEach(t *testing.T) {
	t.Helper()
	for _, p := range s.Processes(t) {
		want := 0
		if p.Name == p.Service { // The first of its replicas.
			want = 1
		}
		if p.Restarts != want || (want == 1) != strings.Contains(p.LastEnd, "killed") {
			t.Errorf("%s was started again %d times, the last time because of %q", p.Name, p.Restarts, p.LastEnd)
		}
	}
	for process, restarts := range s.Metrics(t).Counted("process_restarts_total") {
		if restarts > 1 {
			t.Errorf("by the metrics %s was started again %d times", process, restarts)
		}
	}
}

func (s *suite) wantEachEndOnce(t *testing.T) {
	t.Helper()
	told := make(map[string]int)
	for line := range strings.Lines(s.Errors()) {
		var said struct{ Msg, Process string }
		if json.Unmarshal([]byte(line), &said) == nil && said.Msg == "a process ended and is started again" {
			told[said.Process]++
		}
	}
	for _, service := range bank.Services() {
		if told[service.Name] != 1 {
			t.Errorf("the log tells %d times of the end of %s", told[service.Name], service.Name)
		}
	}
	if len(told) != len(bank.Services()) {
		t.Errorf("the log tells of the ends of %v", told)
	}
}
