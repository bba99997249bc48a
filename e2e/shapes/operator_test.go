package shapes

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"farthing/cmd/farthing/bank"
	"farthing/pkg/foundation"
)

func operatorTests() []test {
	return []test{
		{"ps shows the processes", lists},
		{"the admin door says that all is well", isWell},
		{"the counters say what was swiped", counts},
		{"a trace goes through the services", traces},
		{"nothing was given up", givesUpNothing},
		{"the bank can be measured", measures},
		{"a card network is answered in ISO 8583", answersNetworks},
		{"its books agree with themselves", provesItsBooks},
		{"a statement adds up to the balance", statesAnAccount},
		{"the schema is the services' own", printsSchema},
	}
}

// wanted are the names of the processes that there should be.
func (s *suite) wanted() []string {
	if s.replicas == 0 {
		return []string{"farthing"}
	}
	var names []string
	for _, service := range bank.Services() {
		names = append(names, service.Name)
		for n := 2; n <= s.replicas; n++ {
			names = append(names, service.Name+"-"+strconv.Itoa(n))
		}
	}
	slices.Sort(names)
	return names
}

func lists(t *testing.T, s *suite) {
	processes := s.Processes(t)
	if names := distinct(processes, func(p foundation.Status) string { return p.Name }); !slices.Equal(names, s.wanted()) {
		t.Errorf("the processes are %v, want %v", names, s.wanted())
	}
	for _, p := range processes {
		if p.PID == 0 || p.State != foundation.Running || p.Restarts != 0 || p.LastEnd != "" {
			t.Errorf("a process is %+v", p)
		}
	}
	lines := strings.Split(strings.TrimSpace(s.Run(t, "ps")), "\n")
	if len(lines) != 1+len(s.wanted()) || !strings.HasPrefix(lines[0], "PROCESS") {
		t.Errorf("ps prints\n%s", strings.Join(lines, "\n"))
	}
}

func isWell(t *testing.T, s *suite) {
	for path, want := range map[string]string{"/healthz": "ok\n", "/readyz": "ready\n"} {
		answer := s.Ask(t, http.MethodGet, s.Facts().Admin+path, "")
		if answer.Status != http.StatusOK || string(answer.Body) != want {
			t.Errorf("%s is answered %d %q", path, answer.Status, answer.Body)
		}
	}
	up := s.Metrics(t).Counted("federation_up")
	for process, well := range up {
		if well != 1 {
			t.Errorf("the metrics of %s cannot be read", process)
		}
	}
	if s.replicas > 0 && len(up) != len(s.wanted()) {
		t.Errorf("the metrics are those of %v, want %v", up, s.wanted())
	}
}

// counters are how often a card was answered, and what came of it.
type counters struct{ approved, declined, items, pushes int64 }

func (s *suite) counters(t *testing.T) counters {
	t.Helper()
	shown := s.Metrics(t)
	return counters{
		approved: sum(shown.Counted("card_authorisations_total", "outcome", "approved")),
		declined: sum(shown.Counted("card_authorisations_total", "outcome", "declined")),
		items:    sum(shown.Counted("feed_items_total", "type", "transaction")),
		pushes:   sum(shown.Counted("pushes_total", "outcome", "delivered")),
	}
}

func counts(t *testing.T, s *suite) {
	const approved, declined = 8, 2
	before := s.counters(t)
	for n := range int64(approved) {
		s.authorise(t, s.networkMessage(1_00+n, fmt.Sprintf("%06d", 100+n)))
	}
	for n := range int64(declined) {
		s.authorise(t, s.networkMessage(90_000_00+n, fmt.Sprintf("%06d", 200+n)))
	}
	now := s.counters(t)
	if now.approved-before.approved != approved || now.declined-before.declined != declined {
		t.Errorf("the counters were %+v and are %+v, want %d and %d more", before, now, approved, declined)
	}
	eventually(t, "all swipes are counted in feed and pushes", func() bool { // An event may come twice.
		now := s.counters(t)
		return now.items-before.items >= approved+declined && now.pushes-before.pushes >= approved+declined
	})
}

// servicesInATrace are at least those that a swipe goes through.
const servicesInATrace = 7

func traces(t *testing.T, s *suite) {
	paid := s.swipe(t, "2.00")
	for _, id := range []string{paid.TraceID, paid.TransactionID, paid.AuthorisationID} {
		var services []string
		eventually(t, "the trace of "+id+" is complete", func() bool {
			var found struct {
				TraceID string `json:"trace_id"`
				Spans   []struct{ Service string }
			}
			decode(t, s.Run(t, "trace", id, "-o", "json"), &found)
			services = distinct(found.Spans, func(s struct{ Service string }) string { return s.Service })
			return found.TraceID == paid.TraceID && len(services) >= servicesInATrace
		})
		for _, service := range []string{"card-api", "card-processing", "balance", "transactions"} {
			if !slices.Contains(services, service) && !slices.Contains(services, "service."+service) {
				t.Errorf("the trace of %s goes through %v, not %s", id, services, service)
			}
		}
	}
	if drawn := s.Run(t, "trace", paid.TraceID); !strings.Contains(drawn, "card-api POST /authorisations server") {
		t.Errorf("the trace is drawn as\n%s", drawn)
	}
}

const noSubscription = `farthing: there is no subscription "nobody"; those that there are: ` +
	"[apns auth_sign_ups card_processing card_processing_due feed_generator transaction_enrichment webhook_balances " +
	"webhook_cards webhook_pots webhook_transactions]\n"

func givesUpNothing(t *testing.T, s *suite) {
	if said := s.Run(t, "deadletters"); said != "no dead letters\n" {
		t.Errorf("deadletters prints %q", said)
	}
	if said := s.Run(t, "deadletters", "feed_generator", "-o", "json"); said != "[]\n" {
		t.Errorf("deadletters of one subscription prints %q", said)
	}
	if said := s.Run(t, "deadletters", "replay", "feed_generator", "all"); said != "replayed 0\n" {
		t.Errorf("a replay of nothing prints %q", said)
	}
	_, complained, err := s.Try(t, "deadletters", "nobody")
	if exitOf(err) != exitUsage || complained != noSubscription {
		t.Errorf("deadletters of nobody ends with %v: %s", err, complained)
	}
	_, complained, err = s.Try(t, "deadletters", "replay", "apns", "evt_00008zIcpb1TB4yeIFXMzx")
	if exitOf(err) != exitFailed || complained != "farthing: dead_letter not found\n" {
		t.Errorf("a replay of no dead letter ends with %v: %s", err, complained)
	}
}

func provesItsBooks(t *testing.T, s *suite) {
	var found struct {
		Accounts, Entries, Journals int
		Faults                      []any
	}
	decode(t, s.Run(t, "audit", "-o", "json"), &found)
	if found.Accounts == 0 || found.Entries < found.Accounts || found.Journals == 0 || len(found.Faults) != 0 {
		t.Errorf("an audit of all that the tests before did found %+v", found)
	}
}

func statesAnAccount(t *testing.T, s *suite) {
	var before, now struct{ Posted, Held, Sequence int }
	decode(t, s.Run(t, "balance", "--at", "2000-01-01T00:00:00Z", "-o", "json"), &before)
	decode(t, s.Run(t, "balance", "-o", "json"), &now)
	if before.Posted != 0 || before.Sequence != 0 || now.Sequence == 0 {
		t.Errorf("the account had %+v, and has %+v", before, now)
	}
	var statement struct {
		Opening, Closing int
		TotalIn          int `json:"total_in"`
		TotalOut         int `json:"total_out"`
		Postings         []any
	}
	decode(t, s.Run(t, "statement", "--from", "2000-01-01", "--to", "2100-01-01", "-o", "json"), &statement)
	if statement.TotalIn == 0 || statement.TotalIn-statement.TotalOut != now.Posted || statement.Closing != now.Posted {
		t.Errorf("the account has %+v posted, and its statement is %+v", now, statement)
	}
}

func measures(t *testing.T, s *suite) {
	var report struct {
		Approved, Declined, Failed int
		CatchUp                    *json64 `json:"catch_up_ms"`
	}
	decode(t, s.Run(t, "bench", "--seconds", "1", "--concurrency", "4", "--accounts", "10", "-o", "json"), &report)
	if report.Approved == 0 || report.Declined != 0 || report.Failed != 0 || report.CatchUp == nil {
		t.Errorf("bench reports %+v", report)
	}
}

// json64 is a number of JSON's.
type json64 = float64

func answersNetworks(t *testing.T, s *suite) {
	for _, encoding := range []string{"ascii", "binary"} {
		var paid struct {
			Outcome       string
			TransactionID string `json:"transaction_id"`
		}
		decode(t, s.Run(t, "swipe", "--iso8583", "--encoding", encoding, "1.00", "TESCO", "-o", "json"), &paid)
		if paid.Outcome != "approved" || paid.TransactionID == "" {
			t.Errorf("in %s a swipe was %+v", encoding, paid)
		}
		var report struct {
			Sent, Unanswered, Changed int
			Answers                   map[string]int
		}
		decode(t, s.Run(t, "traffic", "--encoding", encoding, "--seconds", "1", "--rate", "30", "--accounts", "5",
			"--connections", "2", "--repeats", "20", "-o", "json"), &report)
		if report.Sent != 30 || report.Unanswered != 0 || report.Changed != 0 || report.Answers["0110 00"] == 0 {
			t.Errorf("in %s traffic was %+v", encoding, report)
		}
	}
}

func printsSchema(t *testing.T, s *suite) {
	printed := s.Run(t, "schema")
	if elsewhere := s.Run(t, "schema", "--data", filepath.Join(t.TempDir(), "none")); printed != elsewhere {
		t.Errorf("the schema of a bank is not that without one")
	}
	for _, service := range bank.Services() {
		if service.Schema.Keyspace != "" && !strings.Contains(printed, "-- "+service.Name+"\n") {
			t.Errorf("%s is not in the schema", service.Name)
		}
	}
}
